// Package routers tests hubs behind the routers and middleware that applications use.
// It is a module of its own, so that nobody who uses signalmesh depends on them.
package routers
