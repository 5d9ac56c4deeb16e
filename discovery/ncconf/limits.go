package ncconf

// What a file may hold. Real files stay below 3 KB; the limits leave room for
// everything but an attack.
const (
	MaxFileSize   = 1 << 20 // bytes of the file, before its encoding is converted
	MaxDepth      = 16      // elements inside each other, the root included
	MaxCaches     = 1024    // <cache> elements in a file
	MaxServers    = 1024    // <server> elements in a cache
	MaxAttributes = 64      // attributes of an element
	MaxValueSize  = 4 << 10 // bytes of an attribute's value
	MaxPortRange  = 100     // ports tried for one server
)
