package scenario

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRatesThatMakeNoSenseAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"{to: broadcast}":                                                 "rate: 0 messages a second",
		"{to: broadcast, rate: 5, ramp: -1}":                              "ramp: -1",
		"{to: broadcast, rate: 5, arrivals: bursty}":                      "neither random nor even",
		"{to: broadcast, rate: 5, trace: [{at: 0s, rate: 1}]}":            "take rate: and ramp: out",
		"{to: broadcast, trace: [{at: 5s, rate: 1}, {rate: 2}]}":          "sort the points",
		"{to: broadcast, trace: [{at: 0s, rate: 0}]}":                     "no point has a rate above 0",
		"{to: broadcast, trace: [{at: 0s, rate: -1}, {at: 1s, rate: 2}]}": "from 0 to 1000000",
	} {
		s, err := Parse("x.yaml", []byte("applications: [{name: a, load: ["+text+"]}]"))
		if err == nil {
			_, err = s.Complete()
		}
		assert.ErrorContains(t, err, want, text)
	}
}

func TestSkewsOfRealGroupsAreAllowed(t *testing.T) {
	for skew, ok := range map[string]bool{"0.8": true, "1": true, "2": true, "-1": false, "11": false} {
		s, err := Parse("x.yaml", []byte("applications: [{name: a, groups: {count: 10, popularity: zipf, skew: "+skew+"}}]"))
		if err == nil {
			_, err = s.Complete()
		}
		assert.Equal(t, ok, err == nil, "%s: %v", skew, err)
	}
}
