// Package placeholder recognises texts that were copied from a template and never
// filled in, such as ${PASSWORD} and your-username.
package placeholder

import (
	"regexp"
	"strings"
)

// shapes match the marks of deployment tools and of people around a name to be
// filled in. The whole text must match, because a real password may contain any of them.
var shapes = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`\$\{[^{}]*\}`,             // ${PASSWORD}: shells, Compose, CloudFormation
	`\$\([^()]*\)`,             // $(PASSWORD): Kubernetes, Azure Pipelines
	`\$[A-Z][A-Z0-9]*_[A-Z_]+`, // $MESH_PASSWORD
	`#\{[^{}]*\}#?`,            // #{Password}#: Octopus, replace-tokens
	`\{\{.*\}\}`,               // {{ password }}: Jinja, Helm, Mustache
	`\{[A-Za-z_][\w .-]*\}`,    // {password}
	`<%.*%>`,                   // <%= password %>: ERB
	`<[A-Za-z_][\w /.-]*>`,     // <password>
	`%[A-Za-z_]\w*%`,           // %PASSWORD%: Windows
	`__[A-Za-z]\w*?__`,         // __PASSWORD__: replace-tokens
	`@@?[A-Za-z_]\w*@@?`,       // @PASSWORD@: CMake, Ant
	`\[[A-Za-z_][\w /.-]*\]`,   // [password]
	`\*{3,}|[xX]{3,}|\.{3}|…`,  // ***, xxxx, ...
}, `|`) + `)$`)

// phrases match what templates write in words, without regard to letter case.
var phrases = regexp.MustCompile(`(?i)^(?:` +
	`(?:enter|insert|put|type)?[-_. ]?your[-_. ]?(?:user|login|pass|pwd|secret|cache|app|server|host|domain|name|id|key|ip)[-_. \w]*` +
	`|change[-_. ]?(?:me|this|it)|replace[-_. ]?(?:me|this|it|with.*)|fill[-_. ]?(?:me|this|it)?[-_. ]?in|to[-_. ]?do|tbd` +
	`)$`)

// Is reports whether text is a placeholder for a name or a password.
func Is(text string) bool {
	text = strings.TrimSpace(text)
	return shapes.MatchString(text) || phrases.MatchString(text)
}

// Credentials reports whether a user or a password is a placeholder, or both are those
// of NCache's sample configurations, john and 1234567.
func Credentials(user, password string) bool {
	return Is(user) || Is(password) || strings.EqualFold(user, "john") && password == "1234567"
}

// Host reports whether the name of a server is a placeholder: ***.***.***.***,
// xxx.xxx.xxx.xxx, <IP>, ${HOST}, %HOST%, your-server and the like. Characters that no
// host name has are enough.
func Host(name string) bool {
	if strings.ContainsAny(name, "*<>{}$") || name[:min(1, len(name))] != "[" && Is(name) { // [web01] is a wrong IPv6 address
		return true
	}
	labels := strings.Split(strings.ToLower(name), ".")
	for _, l := range labels {
		if l == "" || strings.Trim(l, "x") != "" {
			return false
		}
	}
	return len(labels) > 1
}
