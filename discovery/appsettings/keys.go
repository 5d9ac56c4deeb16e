package appsettings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/similar"
)

// The keys that are read, for the notices about others.
var (
	sectionKeys = []string{"CacheName", "ApplicationID", "EventKey", "UserID", "Password", "ConnectionOptions"}
	optionKeys  = []string{
		"ServerList", "ClientBindIP", "LoadBalance", "ConnectionRetries", "ConnectionTimeout", "RetryInterval",
		"RetryConnectionDelay", "ClientRequestTimeOut", "AppName", "EnableClientLogs", "LogLevel",
	}
	serverKeys = []string{"Name", "Port"}
	// unusedKeys are connection options of NCache that have no meaning in a mesh.
	unusedKeys = []string{
		"CommandRetries", "CommandRetryInterval", "EnableKeepAlive", "KeepAliveInterval", "EnablePipelining", "UserCredentials",
		"ClientCacheMode", "SkipClientCacheIfUnavailable", "DefaultReadThruProvider", "DefaultWriteThruProvider",
	}
)

// OptionNames returns the keys of ConnectionOptions that are read, without ServerList.
func OptionNames() []string { return slices.Clone(optionKeys[1:]) }

// otherKeys reports the keys of the section NCacheConfiguration that are not read, and
// top-level keys whose name is similar to that of the section. c is the whole Config.
func (c *Config) otherKeys() diag.Problems {
	var k keyChecker
	for _, name := range c.Children() {
		if rest, ok := strings.CutPrefix(name, fold(SectionName)+"_"); ok && rest != "" {
			e := c.Section(name).some()
			k.Add(diag.Problem{Severity: diag.Warning, At: e.Origin, Path: name,
				Message: fmt.Sprintf("did you mean %s__%s, with two underscores? It is ignored", SectionName, e.Key[len(name)-len(rest):])})
			continue
		}
		if e := c.Section(name).some(); !strings.EqualFold(name, SectionName) && similar.Closest(name, []string{SectionName}) != "" {
			k.Add(diag.Problem{Severity: diag.Warning, At: e.Origin, Path: name,
				Message: fmt.Sprintf("%s: did you mean %q? The section is ignored", quote(part(e.Key, 0)), SectionName)})
		}
	}
	section := c.Section(SectionName)
	k.check(section, slices.Concat(sectionKeys, optionKeys))
	for _, options := range []*Config{section, section.Section("ConnectionOptions")} {
		if options != section {
			k.check(options, optionKeys)
		}
		servers := options.Section("ServerList")
		for _, index := range servers.Children() {
			k.check(servers.Section(index), serverKeys)
		}
	}
	return k.Problems()
}

// A keyChecker gathers the problems of keys.
type keyChecker struct{ diag.Collector }

// check reports the keys directly below c that are not known.
func (k *keyChecker) check(c *Config, known []string) {
	depth := strings.Count(c.prefix, Separator)
	for _, name := range c.Children() {
		is := func(known string) bool { return strings.EqualFold(known, name) }
		if slices.ContainsFunc(known, is) {
			continue
		}
		e := c.Section(name).some()
		p := diag.Problem{Severity: diag.Warning, At: e.Origin, Path: e.Key}
		key := c.full(part(e.Key, depth))
		switch nearest := similar.Closest(name, known); {
		case slices.ContainsFunc(unusedKeys, is):
			p.Severity, p.Message = diag.Notice, quote(key)+" has no meaning in a mesh; it is ignored"
		case nearest != "":
			p.Message = fmt.Sprintf("%s is not a known key; did you mean %q? It is ignored", quote(key), nearest)
		default:
			p.Message = fmt.Sprintf("%s is not a known key; it is ignored. Known keys: %s", quote(key), strings.Join(known, ", "))
		}
		k.Add(p)
	}
}

// some returns the section's own value, or its first one.
func (c *Config) some() Entry {
	if e, ok := c.value(); ok {
		return e
	}
	if len(c.keys) == 0 {
		return Entry{}
	}
	return c.entries[c.keys[0]]
}

// part returns the part of a key at an index.
func part(key string, index int) string {
	parts := strings.Split(key, Separator)
	return parts[min(index, len(parts)-1)]
}

// mixedLists reports that the servers of a list come from several sources.
func (c *Config) mixedLists() diag.Problems {
	var out diag.Problems
	section := c.Section(SectionName)
	for _, options := range []*Config{section, section.Section("ConnectionOptions")} {
		list := options.Section("ServerList")
		var sources []string
		for _, e := range list.Entries() {
			if source := quoteSource(e.Origin); !slices.Contains(sources, source) {
				sources = append(sources, source)
			}
		}
		if len(sources) > 1 {
			out = append(out, diag.Problem{Severity: diag.Warning, At: list.some().Origin, Path: list.path,
				Message: fmt.Sprintf("%s is mixed from %s: lists are merged entry by entry, as in .NET; keep the list in one of them", list.path, strings.Join(sources, " and "))})
		}
	}
	return out
}

// quoteSource names a source of values. All environment variables are one source.
func quoteSource(o diag.Origin) string {
	if strings.HasPrefix(o.Source, variable("")) {
		return "environment variables"
	}
	return o.Source
}
