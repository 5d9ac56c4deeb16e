package appsettings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// The variables that name the environment, the first one winning, as in the host
// builder of .NET 7 and later.
const (
	DotnetEnvironment     = "DOTNET_ENVIRONMENT"
	ASPNETCoreEnvironment = "ASPNETCORE_ENVIRONMENT"
)

// Production is the environment where none is named.
const Production = "Production"

// EnvironmentName tells which environment this is: the explicit name if there is
// one, else the variables in environ (in the shape of os.Environ), else
// Production. Letter case is kept, because it is part of a file's name.
func EnvironmentName(explicit string, environ []string) (string, diag.Problems) {
	vars := variables(environ)
	dotnet, aspnet := vars[fold(DotnetEnvironment)].value, vars[fold(ASPNETCoreEnvironment)].value
	name, source := Production, ""
	var out diag.Problems
	switch {
	case explicit != "":
		name, source = explicit, "environment name"
	case dotnet != "":
		name, source = dotnet, variable(DotnetEnvironment)
		if aspnet != "" && !strings.EqualFold(aspnet, dotnet) {
			out = append(out, diag.Problem{Severity: diag.Warning, At: diag.Origin{Source: source},
				Message: fmt.Sprintf("%s is used, but %s says %s; set both to the same", quote(dotnet), ASPNETCoreEnvironment, quote(aspnet))})
		}
	case aspnet != "":
		name, source = aspnet, variable(ASPNETCoreEnvironment)
	}
	if strings.ContainsAny(name, "/\\\x00") || len(name) > 100 {
		out = append(out, diag.Problem{Severity: diag.Error, At: diag.Origin{Source: source},
			Message: quote(name) + ` is part of a file's name and cannot be used; expected a word such as "Development"`})
	}
	return name, out
}

// variable names an environment variable as an origin.
func variable(name string) string { return "environment variable " + name }

// A setVariable is one variable with the name's own spelling.
type setVariable struct{ name, value string }

// variables are those of environ by lower-case name, the last of a name winning.
// Windows' entries for drives ("=C:=…") are no variables.
func variables(environ []string) map[string]setVariable {
	out := make(map[string]setVariable, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			out[fold(name)] = setVariable{name, value}
		}
	}
	return out
}

// fromEnviron lays the variables over entries. Two underscores in a name are the
// separator of a key. Two variables for one key get a warning. An empty variable counts
// as not set, so that the value of a file is used.
func fromEnviron(environ []string, entries map[string]Entry) diag.Problems {
	var out diag.Problems
	set := map[string]string{}
	vars := variables(environ)
	for _, lower := range slices.Sorted(maps.Keys(vars)) {
		v := vars[lower]
		if strings.TrimSpace(v.value) == "" {
			continue // not set, as Compose files write it
		}
		key := strings.ReplaceAll(v.name, "__", Separator)
		if len(key) > MaxKeySize {
			continue
		}
		at := diag.Origin{Source: variable(v.name)}
		if first, twice := set[fold(key)]; twice {
			out = append(out, diag.Problem{Severity: diag.Warning, At: at, Path: key,
				Message: "means the same key as " + first + " and wins; keep one"})
		}
		set[fold(key)] = v.name
		entries[fold(key)] = Entry{Key: key, Value: v.value, Origin: at}
	}
	return out
}
