package node

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/signalmesh/signalmesh/mesh"
)

// RemoveMissing removes a failed server from the list of missing servers in all applications of
// this node; see [mesh.Topic.RemoveMissing]. The lists of other nodes do not change.
func (n *Node) RemoveMissing(server string) (removed int, err error) {
	var errs []error
	for _, a := range n.applications() {
		k, err := a.topic.RemoveMissing(server)
		removed += k
		if err != nil {
			errs = append(errs, fmt.Errorf("application %s: %w", a.name, err))
		}
	}
	if removed == 0 {
		return 0, errors.Join(errs...)
	}
	return removed, nil
}

// serveRemoveMissing answers DELETE /api/members/{server}.
func (n *Node) serveRemoveMissing(w http.ResponseWriter, r *http.Request) {
	removed, err := n.RemoveMissing(r.PathValue("server"))
	switch {
	case errors.Is(err, mesh.ErrNotMissing):
		writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
	default:
		writeJSON(w, http.StatusOK, map[string]int{"removed": removed})
	}
}
