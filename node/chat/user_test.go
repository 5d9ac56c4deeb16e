package chat

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUserID(t *testing.T) {
	for query, want := range map[string]string{
		"":                                    "",
		"?user=Ann":                           "Ann",
		"?USER=Ann":                           "Ann",
		"?id=1&User=J%C3%BCrgen+K":            "Jürgen K",
		"?User=Bob&user=Ann":                  "Ann",
		"?User=Bob&user=":                     "",
		"?uSER=Bob&USER=Ann":                  "Ann", // in the order of bytes
		"?user=Ann&user=Bob":                  "Ann",
		"?user=" + strings.Repeat("x", 256):   strings.Repeat("x", 256),
		"?user=" + strings.Repeat("x", 257):   "",
		"?user=%zz":                           "",
		"?users=Ann":                          "",
		"?user=Ann&access_token=not-a-secret": "Ann",
	} {
		assert.Equal(t, want, UserID(httptest.NewRequest("GET", "/chat"+query, nil)), query)
	}
}
