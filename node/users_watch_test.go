package node

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A change of the users file is found within 2 s: it is looked at twice before, and the
// first look may find it too fresh to be read.
func TestUsersAreReadAgainInTime(t *testing.T) {
	assert.LessOrEqual(t, 2*usersEvery+usersSettle, 2*time.Second)
	assert.Less(t, usersSettle, usersEvery)
}
