package door

import (
	"bytes"
	"strings"
)

// methods are the HTTP methods that are not Redis commands. GET is a Redis command; its
// request line is recognized by the HTTP version.
var methods = map[string]bool{
	"post": true, "put": true, "head": true, "options": true, "delete": true, "patch": true,
	"trace": true, "connect": true, "pri": true,
}

// http reports whether a command is a line of an HTTP request, which a web page can
// make a browser send here: a request line or a header. No Redis command has a name
// with a colon. As in Redis, POST and Host: are refused in both forms of commands;
// the rest only as inline commands, since HTTP has no others.
func http(args [][]byte, inline bool) bool {
	name := strings.ToLower(string(args[0][:min(len(args[0]), longestName)]))
	if name == "post" || name == "host:" {
		return true
	}
	if !inline {
		return false
	}
	last := args[len(args)-1]
	return methods[name] || bytes.IndexByte(args[0], ':') >= 0 ||
		len(last) > 5 && bytes.EqualFold(last[:5], []byte("HTTP/"))
}

// startsTLS reports whether what a client sends first is the record of a TLS
// ClientHello (RFC 8446, section 5.1): type handshake, version 3.x.
func startsTLS(first []byte) bool {
	return len(first) > 0 && first[0] == 0x16 && (len(first) == 1 || first[1] == 0x03)
}

// noTLS is the alert handshake_failure, which ends a TLS handshake (RFC 8446,
// section 6.2).
var noTLS = []byte{0x15, 0x03, 0x01, 0, 2, 2, 40}
