// Package routers tests hubs behind the routers and middleware that applications use.
// It is a separate module, so that users of signalmesh do not depend on these routers.
package routers
