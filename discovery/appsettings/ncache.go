package appsettings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// SectionName is the section that NCache's SignalR provider is bound to.
const SectionName = "NCacheConfiguration"

// NCacheConfiguration is what an NCache SignalR application keeps in its settings.
type NCacheConfiguration struct {
	// CacheName is the cache's name, in client.ncconf its id.
	CacheName string
	// ApplicationID and EventKey are two names of what keeps applications on one
	// cache apart; see Application.
	ApplicationID string
	EventKey      string
	// UserID and Password are the credentials for the cache, or empty.
	UserID            string
	Password          Secret
	ConnectionOptions ConnectionOptions
}

// Application is EventKey, the newer name, and where that is empty ApplicationID.
func (n NCacheConfiguration) Application() string {
	if n.EventKey != "" {
		return n.EventKey
	}
	return n.ApplicationID
}

// NCache reads the section NCacheConfiguration of c, which must be the whole
// Config. A missing CacheName or application, a wrong type or range, and the array
// form of another NCache product are errors; each is told with the places looked
// at or the place of the value. Where a problem is an error the result is what
// could be read.
func (c *Config) NCache() (NCacheConfiguration, diag.Problems) {
	var n NCacheConfiguration
	section := c.Section(SectionName)
	if section.isArray() {
		return n, diag.Problems{{Severity: diag.Error, At: section.Entries()[0].Origin, Path: SectionName,
			Message: SectionName + " is an array; that is the form of NCache's distributed cache " +
				"(NCacheFactorySettings:NCacheConfigurations); for SignalR write one object: " +
				`"NCacheConfiguration": { "CacheName": "…", "ApplicationID": "…" }`}}
	}
	// ConnectionOptions come last, because they have two places.
	var keys struct {
		CacheName, ApplicationID, EventKey, UserID string
		Password                                   Secret
	}
	problems := section.Bind(&keys)
	n.CacheName, n.ApplicationID, n.EventKey = keys.CacheName, keys.ApplicationID, keys.EventKey
	n.UserID, n.Password = keys.UserID, keys.Password
	problems = append(problems, c.required(n)...)
	problems = append(problems, section.advice(n)...)
	problems = append(problems, c.otherKeys()...)
	problems = append(problems, c.mixedLists()...)
	options, more := section.connectionOptions()
	n.ConnectionOptions = options
	return n, append(problems, more...)
}

// required reports the two values that no application can do without.
func (c *Config) required(n NCacheConfiguration) diag.Problems {
	var out diag.Problems
	missing := func(key, or, example string) {
		text := "no " + key
		if len(c.sources) > 0 {
			text += fmt.Sprintf("; looked for %s%s in %s; set it there", SectionName+Separator+key, or, strings.Join(c.sources, ", "))
		}
		if c.readsEnvironment() {
			text += fmt.Sprintf(", or %s__%s=%s in the environment", SectionName, key, example)
		}
		out = append(out, diag.Problem{Severity: diag.Error, At: diag.Origin{Source: SectionName}, Path: SectionName + Separator + key,
			Message: text + c.otherProduct()})
	}
	if strings.TrimSpace(n.CacheName) == "" {
		missing("CacheName", "", "demoClusteredCache")
	}
	if strings.TrimSpace(n.Application()) == "" {
		missing("ApplicationID", " and "+SectionName+Separator+"EventKey", "chatApplication")
	}
	return out
}

// readsEnvironment reports whether environment variables were looked at.
func (c *Config) readsEnvironment() bool { return slices.Contains(c.sources, environmentSource) }

// otherProduct is a hint where only the settings of NCache's distributed cache are there.
func (c *Config) otherProduct() string {
	if len(c.Section(SectionName).keys) > 0 {
		return ""
	}
	for _, name := range []string{"NCacheSettings", "NCacheFactorySettings"} {
		if len(c.Section(name).keys) > 0 {
			return fmt.Sprintf("; %s is there, but it belongs to NCache's distributed cache and is not read", name)
		}
	}
	return ""
}

// advice reports what works but may not be meant.
func (c *Config) advice(n NCacheConfiguration) diag.Problems {
	var out diag.Problems
	if e, ok := c.Lookup("EventKey"); ok && n.EventKey != "" && n.ApplicationID != "" && n.EventKey != n.ApplicationID {
		out = append(out, diag.Problem{Severity: diag.Warning, At: e.Origin, Path: e.Key, Message: fmt.Sprintf(
			"EventKey %s is used, because it wins over ApplicationID %s; keep one", quote(n.EventKey), quote(n.ApplicationID))})
	}
	if e, ok := c.Lookup("Password"); ok && e.Value != "" && e.Origin.Line > 0 {
		remedy := "give it in another way"
		if c.readsEnvironment() {
			remedy = fmt.Sprintf("set the environment variable %s__Password instead", SectionName)
		}
		out = append(out, diag.Problem{Severity: diag.Warning, At: e.Origin, Path: e.Key, Message: "the file contains a password in clear text; " + remedy})
	}
	return out
}
