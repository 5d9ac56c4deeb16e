// Package discovery finds the first peers of a mesh: it turns addresses into seeds
// and dials them until the mesh has a peer.
//
// A [Seed] is an address without a known identity, from an operator ([ParseSeed]),
// from client.ncconf ([CacheSeeds], read by package ncconf) or from appsettings.json
// ([ListSeeds], read by package appsettings). A [Policy] says how often and how
// patiently seeds are dialled; [CachePolicy] takes it from client.ncconf.
//
// A [Loop] does the dialling. While the mesh has no peer it walks over its seeds:
//
//	fast phase:  Retries walks, Interval apart
//	slow phase:  a pause of Delay, or a growing one of up to 30 s; then again
//
// A walk dials one seed after the other and ends with the first that answers. Once
// the mesh has a peer the Loop rests, because members tell each other of the rest,
// and only now and then dials seeds that never answered: they may lead to a part of
// the mesh that was started apart from this one. When the last peer is lost it
// starts over. It never gives up, and a node alone is no failure.
//
// The Loop knows nothing of what a peer is. It is given a function to dial an
// address and one that tells how many peers the mesh has.
package discovery
