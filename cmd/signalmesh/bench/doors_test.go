//go:build linux

package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Apps at doors and at Redis hear what they publish, and the table has all of them.
func TestAppsAtDoorsAreComparedWithAppsAtRedis(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-rounds", "1", "-warm", "20ms", "-measure", "1s", "-run", "^doors$", "-out", t.TempDir()}, &stdout, &stderr)
	require.Zero(t, code, stderr.String())
	for _, who := range []string{"1 app, 1 node", "1 app, Redis", "3 apps, each with its node", "3 apps, one Redis"} {
		assert.Regexp(t, `(?s)`+who+` +[1-9].*`+who+` +[1-9]`, stdout.String())
	}
}

func TestMessagesAtDoorsHaveOneLength(t *testing.T) {
	a, b := appRun{AppLoad: AppLoad{Index: 0}}, appRun{AppLoad: AppLoad{Index: 123_456}}
	assert.Len(t, b.own(), len(a.own()))
	assert.Len(t, a.everybody(), len(a.own()))
}
