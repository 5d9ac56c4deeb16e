// Package discovery finds the first peers of a mesh: it turns addresses into seeds
// and dials them until the mesh has a peer.
//
// A [Seed] is an address without a known identity. It comes from an operator
// ([ParseSeed]), from client.ncconf ([CacheSeeds], read by package ncconf) or from
// appsettings.json ([ListSeeds], read by package appsettings). A [Policy] states how
// often and for how long seeds are dialled; [CachePolicy] takes it from client.ncconf.
//
// A [Loop] dials the seeds:
//
//	contact:     every address of every seed, 8 at a time; if no seed answers, once
//	             more after 1 s. The result is a Verdict
//	fast phase:  while the mesh has no peer: Retries walks, Interval apart
//	slow phase:  a pause of Delay, or a growing one of up to 30 s; then again
//
// A walk dials one seed after the other and ends with the first that answers. Once
// the mesh has a peer the Loop rests, because members send each other the addresses of
// the rest. Every 30 s it dials addresses at which no member ever answered: they may
// lead to a part of the mesh that is not connected to this one. When the last peer is
// lost the walks start again. The Loop never gives up.
//
// # Names
//
// A seed may be a host name: of a headless Kubernetes service, of a Compose service
// with replicas, or with several records. The name is looked up before each round,
// walk and probe, and each of its IPv4 and IPv6 addresses is dialled, up to 256. If a
// lookup fails for another reason than that the name does not exist, the addresses of
// the lookup before it count.
//
// An address at which this node itself answers is not dialled for 30 s. The other
// addresses of the same name are. It is dialled again after that, because a virtual IP
// may have moved to another node.
//
// The Loop is given a function to dial an address and one that returns how many peers
// the mesh has. It knows nothing else of the mesh.
package discovery
