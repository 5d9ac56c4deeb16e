// Package diag is how the readers of settings tell what they found: a [Problem]
// with its severity and its place, and the [Origin] of each value.
//
// Packages ncconf and appsettings read different files for the same operator, so
// they report in one shape, and a program prints both lists with the same loop.
// The types are plain values; nothing here starts or logs anything.
package diag
