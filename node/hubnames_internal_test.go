package node

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
)

// serversOf returns servers; each text is a name and hubs, with blanks between them.
func serversOf(texts ...string) (servers []hubServer) {
	for _, text := range texts {
		fields := strings.Fields(text)
		servers = append(servers, hubServer{name: fields[0], here: fields[0] == "this", hubs: setOf(fields[1:])})
	}
	return servers
}

func TestHubsThatDifferInNamespacePrefixOrLanguageAreMismatches(t *testing.T) {
	for _, c := range []struct {
		local, remote []hubServer
		want          []hubMismatch
	}{
		{serversOf("this A.ChatHub"), serversOf("web-2 B.ChatHub"), []hubMismatch{{"A.ChatHub", "this", true, "B.ChatHub", "web-2"}}},
		{serversOf("this A.ChatHub"), serversOf("web-2 chat:A.ChatHub"), []hubMismatch{{"A.ChatHub", "this", true, "chat:A.ChatHub", "web-2"}}},
		{serversOf("this chat"), serversOf("web-2 A.ChatHub"), []hubMismatch{{"chat", "this", true, "A.ChatHub", "web-2"}}},
		{serversOf("this chat", "app A.ChatHub"), nil, []hubMismatch{{"chat", "this", true, "A.ChatHub", "app"}}},
		{serversOf("app A.Outer+ChatHub"), serversOf("web-2 A.ChatHub"), []hubMismatch{{"A.Outer+ChatHub", "app", false, "A.ChatHub", "web-2"}}},
		{serversOf("this A.ChatHub"), serversOf("web-2 A.ChatHub"), nil},
		{serversOf("this A.ChatHub"), serversOf("web-2 A.NewsHub"), nil},
		{serversOf("this A.ChatHub B.ChatHub"), serversOf("web-2 A.ChatHub B.ChatHub"), nil},
		{serversOf("this A.ChatHub B.ChatHub"), serversOf("web-2 A.ChatHub"), nil}, // its first client has not connected
		{serversOf("this Hub"), serversOf("web-2 A.Hub"), []hubMismatch{{"Hub", "this", true, "A.Hub", "web-2"}}},
		{nil, serversOf("web-2 A.ChatHub", "web-3 B.ChatHub"), nil}, // they report it
	} {
		assert.Equal(t, c.want, mismatches(c.local, c.remote))
	}
}

func TestAMismatchIsLoggedOnceWhenItHasLasted(t *testing.T) {
	var log strings.Builder
	w := &hubWatch{log: slog.New(slog.NewTextHandler(&log, nil)), found: prometheus.NewCounter(prometheus.CounterOpts{Name: "x"}), since: map[hubMismatch]time.Time{}}
	list := mismatches(serversOf("this A.ChatHub"), serversOf("web-2 B.ChatHub", "web-3 B.ChatHub"))
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	assert.Empty(t, w.look(list, now))
	assert.Empty(t, w.look(list, now.Add(time.Second)))
	text := w.look(list, now.Add(2*time.Second))
	assert.Regexp(t, `^server web-2 has the hub B\.ChatHub, and this one A\.ChatHub: they do not reach each other, because their full names differ; give the class the same namespace .* \(and 1 more\)$`, text)
	assert.Equal(t, text, w.look(list, now.Add(time.Minute)))
	assert.Equal(t, 2, strings.Count(log.String(), "level=WARN"), "%s", &log)
	assert.Contains(t, log.String(), "hub=A.ChatHub server=web-2 other_hub=B.ChatHub")
	assert.InDelta(t, 2, testutil.ToFloat64(w.found), 0)
	assert.Empty(t, w.look(nil, now.Add(time.Hour)))
	assert.Empty(t, w.since)
}

func TestMismatchesAreBounded(t *testing.T) {
	hubs := func(server string) string {
		text := server
		for i := range 2 * maxHubNames {
			text += fmt.Sprintf(" %s%d.ChatHub", server, i)
		}
		return text
	}
	assert.Len(t, mismatches(serversOf(hubs("a")), serversOf(hubs("b"))), maxHubNames)
}

func TestSimilarApplicationsAreReported(t *testing.T) {
	assert.Equal(t, `server /ip4/192.0.2.1/tcp/9800 is in application "Chat", and this one alone in "chat": they do not reach each other; give all servers the same application (ApplicationID, EventKey, --app)`,
		similarApplication("chat", map[string][]string{"/ip4/192.0.2.1/tcp/9800": {"Chat", "billing"}}))
	assert.NotEmpty(t, similarApplication("chatApplication", map[string][]string{"x": {"chatAplication"}}))
	assert.Empty(t, similarApplication("chat", map[string][]string{"x": {"billing"}}))
	assert.Empty(t, similarApplication("chat", nil))
}
