package signalr

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

const (
	// maxPreflightHeaders is the length in bytes of the longest list of headers
	// that a preflight request may ask for.
	maxPreflightHeaders = 4 << 10
	// preflightSeconds is how long a browser may remember a preflight's answer.
	preflightSeconds = "600"
)

// foldOrigins returns the origins as browsers write them, or every reason they
// are wrong.
func foldOrigins(origins []string) ([]string, []error) {
	var errs []error
	folded := make([]string, 0, len(origins))
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || origin != u.Scheme+"://"+u.Host || strings.Contains(u.Host, "*") {
			errs = append(errs, fmt.Errorf("allowed origin %q is not of the form https://host:port, without a path", origin))
			continue
		}
		if ascii, err := idna.Lookup.ToASCII(u.Hostname()); err == nil && !isASCII(u.Host) {
			errs = append(errs, fmt.Errorf("allowed origin %q has letters that browsers never send; write it as %s", origin, strings.Replace(origin, u.Hostname(), ascii, 1)))
			continue
		}
		folded = append(folded, foldOrigin(origin))
	}
	return folded, errs
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c > unicode.MaxASCII })
}

// foldOrigin makes origins equal that differ by case or a default port only.
func foldOrigin(origin string) string {
	origin = strings.ToLower(origin)
	if rest, ok := strings.CutSuffix(origin, ":443"); ok && strings.HasPrefix(origin, "https://") {
		return rest
	}
	if rest, ok := strings.CutSuffix(origin, ":80"); ok && strings.HasPrefix(origin, "http://") {
		return rest
	}
	return origin
}

// allows reports whether an origin is one of the allowed ones.
func (o Options) allows(origin string) bool {
	return origin != "" && slices.Contains(o.AllowedOrigins, foldOrigin(origin))
}

// shareAcrossOrigins lets pages of the allowed origins use a route, and answers
// preflight requests, which it reports. With no allowed origins it does nothing.
// See the CORS protocol of the Fetch standard.
func (s *Server) shareAcrossOrigins(w http.ResponseWriter, r *http.Request, methods string) (answered bool) {
	if len(s.options.AllowedOrigins) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	allowed := s.options.allows(origin)
	if allowed {
		// Clients send credentials, so a star would not do.
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	if r.Method != http.MethodOptions || origin == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Add("Vary", "Access-Control-Request-Method")
	header.Add("Vary", "Access-Control-Request-Headers")
	if !allowed {
		text(w, http.StatusForbidden, "This origin is not allowed.")
		return true
	}
	header.Set("Access-Control-Allow-Methods", methods)
	// Clients ask for X-Requested-With, X-SignalR-User-Agent, Authorization and
	// Content-Type, and for whatever the application adds.
	if asked := strings.Join(r.Header.Values("Access-Control-Request-Headers"), ","); isHeaderList(asked) {
		header.Set("Access-Control-Allow-Headers", asked)
	}
	header.Set("Access-Control-Max-Age", preflightSeconds)
	w.WriteHeader(http.StatusNoContent)
	return true
}

// isHeaderList reports whether list has names of headers, separated by commas,
// and nothing else.
func isHeaderList(list string) bool {
	if list == "" || len(list) > maxPreflightHeaders {
		return false
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.Trim(name, " \t")
		if name == "" || strings.ContainsFunc(name, notInToken) {
			return false
		}
	}
	return true
}

// notInToken reports whether a character is none of those of tokens (RFC 9110,
// section 5.6.2).
func notInToken(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}
