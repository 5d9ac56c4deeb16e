package placeholder_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/discovery/placeholder"
)

func TestPlaceholdersOfTemplates(t *testing.T) {
	for _, text := range []string{
		"your-username", "your-password", "YOUR_PASSWORD", "yourCacheName", "your.app", "Enter your password", "your app id",
		"${CACHE}", "${PASSWORD:-x}", "$(PASSWORD)", "$MESH_PASSWORD", "#{App}#", "#{App}", "{{ .Values.password }}", "{{user}}", "{cache}",
		"<user>", "<your cache>", "<%= user %>", "%USER%", "__PASSWORD__", "@PASSWORD@", "@@PASSWORD@@", "[password]",
		"***", "xxxx", "XXX", "...", "…", " ${X} ", "changeme", "change-me", "CHANGE_ME", "change this", "replace-me", "replace with the password", "fill me in", "TODO", "tbd",
	} {
		assert.True(t, placeholder.Is(text), text)
	}
}

// A wrong answer keeps a server from starting, so what people really use must pass.
func TestRealNamesAndPasswordsAreNoPlaceholders(t *testing.T) {
	for _, text := range []string{
		"", "demo", "chat", "hub", "john", "demoClusteredCache", "my-cache", "yours-truly", "your-pizza", "youth", "change", "xx", "x",
		"p{a}ss", "<a", "a>b", "100%", "50%off%", "%%", "$ecret", "$ECRET", "Pa$$w0rd", "${", "a${b}", "{1}", "<3", "__init", "@home", "[]", "*", "**", "..", "todolist",
		"correct horse battery staple", "hQ8+wz/3Jm1==", "user@example.net", "replacement",
	} {
		assert.False(t, placeholder.Is(text), text)
	}
}

func TestCredentialsOfSamples(t *testing.T) {
	assert.True(t, placeholder.Credentials("john", "1234567"))
	assert.True(t, placeholder.Credentials("your-username", "secret"))
	assert.True(t, placeholder.Credentials("hub", "your-password"))
	assert.False(t, placeholder.Credentials("john", "secret"))
	assert.False(t, placeholder.Credentials("hub", "1234567"))
	assert.False(t, placeholder.Credentials("", ""))
}

func TestHosts(t *testing.T) {
	for _, host := range []string{"***.***.***.***", "xxx.xxx.xxx.xxx", "<IP>", "web-${N}", "%HOST%", "#{Host}#", "your-server", "x.x"} {
		assert.True(t, placeholder.Host(host), host)
	}
	for _, host := range []string{"web-1", "xxx", "10.0.0.1", "[fd00::1]", "xxx.example.net", "localhost", "[::1]:9800", "tbd.example.net"} {
		assert.Equal(t, host == "xxx", placeholder.Host(host), host)
	}
}
