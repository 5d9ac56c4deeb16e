package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// warnAfter is how long no seed may be reachable until that is a warning: at the
// start of a cluster the first servers find no other.
const warnAfter = 30 * time.Second

// maxListed bounds the reasons in one log line.
const maxListed = 20

// A reporter logs why the mesh has no peer: the same reasons once at each level.
type reporter struct {
	log   *slog.Logger
	since time.Time             // alone since then
	told  map[slog.Level]string // the reasons that were logged last
}

// restart begins a time alone.
func (r *reporter) restart() { r.since, r.told = time.Now(), map[slog.Level]string{} }

// due returns the time until an Info becomes a Warn; 0 if none does.
func (r *reporter) due() time.Duration {
	if r.told[slog.LevelInfo] == "" {
		return 0
	}
	return max(0, warnAfter-time.Since(r.since))
}

// alone logs what the seeds answered, none of which became a member. The next dials
// follow after retry.
func (r *reporter) alone(s summary, retry time.Duration) {
	level, message, key, reasons := slog.LevelWarn, "", "tried", s.failed
	switch {
	case len(s.refused) > 0:
		message = "every bootstrap server that answered refused this server; correct the settings, this server retries by itself"
		key, reasons = "reasons", s.refused
	case len(s.failed) > 0 && time.Since(r.since) < warnAfter:
		level, message = slog.LevelInfo, "no bootstrap server reachable yet; waiting for peers and retrying"
	case len(s.failed) > 0:
		message = "still no bootstrap server reachable; check the addresses in --bootstrap or client.ncconf, and the firewall for their TCP ports"
	case len(s.ownNames) > 0:
		message = "no other member is listed: the bootstrap names have only addresses of this server; they are looked up again until another server is found"
		key, reasons = "names", s.ownNames
	case len(s.own) > 0:
		message = "no other member is listed, waiting for peers: every bootstrap address is this server itself; add another server's, unless this is the only server"
		key, reasons = "listed", s.own
	default:
		return
	}
	same := strings.Join(slices.Sorted(slices.Values(reasons)), ", ")
	if r.told[level] == same {
		return
	}
	r.told[level] = same
	r.log.Log(context.Background(), level, message,
		"retry_in", retry.Round(100*time.Millisecond), key, strings.Join(atMost(maxListed, reasons), ", "))
}

// atMost returns list. If it is longer than n, a last entry counts the rest.
func atMost(n int, list []string) []string {
	if len(list) <= n {
		return list
	}
	return append(slices.Clone(list[:n]), fmt.Sprintf("and %d more", len(list)-n))
}
