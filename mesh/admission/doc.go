// Package admission is how two nodes of a mesh let each other in. They have a
// secured connection, know each other's peer ID, and nothing else: the exchange
// settles that they are of the same cache and that each holds credentials the other
// accepts.
//
// The exchange is SCRAM-SHA-256 (RFC 5802, RFC 7677), twice: first the initiator of
// the connection proves itself to the responder, then the responder to the
// initiator, each with its own user and password. Both proofs are bound to both peer
// IDs, to who began, and to the cache name, so a proof is of no use on any other
// connection. A stranger who connects learns the cache name and nothing about users.
//
//	initiator                                    responder
//	hello: version, cache; client-first    →
//	                                       ←     server-first
//	client-final                           →
//	                                       ←     server-final; client-first
//	server-first                           →
//	                                       ←     client-final
//	server-final                           →
//
// In place of any message either may send a refusal with its reason. A message is
// its length (2 bytes, at most MaxMessage), its kind (1 byte) and its text. Nodes
// without credentials say so in the hello, and the whole answer is a welcome.
//
// The salt of a password is not random: it is made of the cache and user names (see
// salt), and the iteration count belongs to the version of the exchange. So every
// node derives its keys once, when it starts; a server cannot make a client derive
// others, weaker or dearer; two passwords of a user may be valid at once; and a user
// that does not exist is answered exactly like one that does.
//
// A Gate holds a node's credentials and the users it accepts, a Throttle slows
// guessing, ParseUsers reads a file of users. The package knows no network: the
// exchange runs over an io.ReadWriter whose deadline is its owner's business. Gate
// and Throttle may be used concurrently.
package admission
