package ncconf

import (
	"fmt"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// readNodes reads the node-wide settings from the first element of each kind.
func (f *File) readNodes(nodes, clients []*element, r *report) {
	f.node = defaults()
	if len(nodes) == 0 {
		r.add(diag.Warning, diag.Origin{Source: r.file}, "configuration", "", fmt.Sprintf(
			`no <ncache-server>; the defaults are used, port %d among them; add <ncache-server port="%d"/>`, DefaultPort, DefaultPort))
	} else {
		f.node = readNode(r, nodes[0], f.options)
		f.repeated(nodes, r)
	}
	if len(clients) > 0 {
		readClient(r, clients[0], f.options, &f.node)
	}
}

// repeated reports further <ncache-server> elements: NCache takes the first, but
// two ports are two meshes.
func (f *File) repeated(nodes []*element, r *report) {
	port := func(e *element) string {
		if a := e.attr("port"); a != nil {
			return strings.Trim(a.value, blanks)
		}
		return fmt.Sprint(DefaultPort)
	}
	for _, e := range nodes[1:] {
		if a, b := port(nodes[0]), port(e); a != b {
			r.element(diag.Error, e, "a second <ncache-server> has port %s, the one in line %d has %s; keep one", quote(b), nodes[0].at.Line, quote(a))
			continue
		}
		r.element(diag.Warning, e, "a second <ncache-server> is ignored; the one in line %d counts", nodes[0].at.Line)
	}
}
