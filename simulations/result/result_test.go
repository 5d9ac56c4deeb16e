package result

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnAccountBalancesWhenEachMessageIsInItOnce(t *testing.T) {
	a := Account{Offered: 15, Delivered: 1, ReportedLost: 2, Waiting: 3, Ended: 4, Unaccounted: 5}
	assert.True(t, a.Balances())
	a.Delivered++
	assert.False(t, a.Balances())
}

func TestAResultIsNotOKWhenAnythingDoesNotHold(t *testing.T) {
	good := Result{Account: []Account{{Class: "total", Offered: 3, Delivered: 2, Waiting: 1}}, Checks: []Check{{OK: true}}}
	assert.True(t, good.OK())
	for name, spoil := range map[string]func(*Result){
		"promise":     func(r *Result) { r.Broken = []string{"message 4 arrived twice"} },
		"check":       func(r *Result) { r.Checks = []Check{{OK: true}, {}} },
		"no check":    func(r *Result) { r.Checks = nil },
		"no account":  func(r *Result) { r.Account = nil },
		"expectation": func(r *Result) { r.Expected = []Expectation{{OK: true}, {}} },
		"account":     func(r *Result) { r.Account = []Account{{Offered: 3, Delivered: 2}} },
	} {
		bad := good
		spoil(&bad)
		assert.False(t, bad.OK(), name)
	}
}
