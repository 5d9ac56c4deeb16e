package ncconf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCredentialsDoNotShowThemselves(t *testing.T) {
	c := example(t, "nat-and-security.ncconf", "dispatch")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("read", "cache", c, "credentials", c.Credentials)
	text, err := json.Marshal(c)
	require.NoError(t, err)
	shown := log.String() + string(text) + fmt.Sprintf("%v %+v %#v %d %s %v", *c.Credentials, c.Credentials, c.Credentials, c.Credentials, c.Credentials, c.Rows())
	assert.NotContains(t, shown, "change-me")
	assert.NotContains(t, shown, "svc-hub")
	assert.Contains(t, shown, "[hidden]")
}
