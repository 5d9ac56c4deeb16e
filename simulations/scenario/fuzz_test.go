package scenario

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse: whatever a file holds, Parse refuses it with an error or returns a complete
// scenario, which survives being written and read again.
func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, err := Text(name)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("fuzz.yaml", text)
		if err != nil {
			return
		}
		b, err := json.Marshal(s)
		require.NoError(t, err)
		var again Scenario
		require.NoError(t, json.Unmarshal(b, &again))
		again, err = again.Complete()
		require.NoError(t, err)
		require.Equal(t, s.Nodes(), again.Nodes())
	})
}
