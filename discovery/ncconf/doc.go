// Package ncconf reads client.ncconf, the file by which an NCache client finds
// its cache servers, so that a mesh can use it unchanged as its list of seeds.
//
// [Parse] reads a document, [Load] a file and [Find] the places where NCache
// looks. [File.Cache] then selects one cache, its name ignoring letter case, and
// returns the settings in effect as plain values, each with the line it came
// from. Problems are returned, never logged, and all those of one pass at once:
// an error means that the file cannot be used, a warning that something in it was
// ignored or replaced, a notice that something is worth knowing. Strict turns
// warnings into errors.
//
// The attributes of all NCache versions from 4.4 to 5.3 are known. Each is
// honoured, mapped to what it means in a mesh, or named in a notice when it has no
// meaning there. Durations in the file are whole seconds.
//
// The file is taken as hostile: its size, depth and counts are bounded before
// anything is built from it (see the Max constants), every DOCTYPE is refused, and
// neither a user id nor a password ever appears in a problem's text.
//
// Everything here is free of goroutines. A File and a Cache do not change once
// made and may be read concurrently.
package ncconf
