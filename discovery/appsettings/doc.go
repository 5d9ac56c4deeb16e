// Package appsettings reads appsettings.json the way ASP.NET Core layers it, and
// from it the section NCacheConfiguration.
//
// [Load] lays over each other, later ones winning key by key: the base file, the
// file of the environment (appsettings.Production.json), environment variables,
// and values that the caller gives, such as flags. The result is a [Config] of
// flat keys such as "NCacheConfiguration:CacheName", which ignore letter case; each
// value is text and knows where it came from. [Config.Bind] converts values to the
// fields of a struct, [Config.NCache] reads the section of an NCache SignalR
// application by its own rules.
//
// Files may have comments, trailing commas and a byte-order mark; keys may hold the
// separator; arrays merge by index; a key that one file gives twice is an error, as
// in .NET. Files are taken as hostile: see the Max constants. Passwords are never
// part of a problem's text.
//
// Not read: user secrets, the prefixed variables that only configure the ASP.NET
// host (ASPNETCORE_…, DOTNET_… other than the environment's name), and the prefixes
// of Azure's connection strings.
//
// Nothing here runs by itself or looks at the process: the environment is passed in.
// A Config does not change and may be read concurrently.
package appsettings
