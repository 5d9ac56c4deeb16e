package chat

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// maxUserID is how many bytes a user ID may have. Each is a channel of the mesh.
const maxUserID = 256

// UserID returns the query parameter "user" of r, for signalr.Options. The case
// of the key does not matter; of several, an exact "user" counts first and then
// the first in the order of their bytes. Empty, which means no user, is also the
// answer if it is longer than 256 bytes. It proves nothing: whoever connects can
// claim to be anyone.
func UserID(r *http.Request) string {
	query := r.URL.Query()
	user := query.Get("user")
	if !query.Has("user") {
		for _, key := range slices.Sorted(maps.Keys(query)) {
			if strings.EqualFold(key, "user") {
				user = query.Get(key)
				break
			}
		}
	}
	if len(user) > maxUserID {
		return ""
	}
	return user
}
