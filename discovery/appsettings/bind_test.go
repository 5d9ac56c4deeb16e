package appsettings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
)

type bound struct {
	Text   string
	Number int
	Small  uint8
	Ratio  float64
	On     bool
	Maybe  *int
	Never  *bool
	Inner  struct{ Text string }
	List   []string
	Secret struct{ Password int }
}

func TestBindConvertsByFieldName(t *testing.T) {
	c := parse(t, `{"s": {"TEXT": "a", "number": " -7 ", "small": 255, "ratio": 0.5, "ON": "True", "maybe": 3, "never": null,
 "inner": {"text": "b"}, "list": {"x": "last", "10": "second", "9": "first"}, "unknown": 1}}`)
	got := bound{Number: 1}
	require.Empty(t, c.Section("S").Bind(&got))
	three := 3
	want := bound{Text: "a", Number: -7, Small: 255, Ratio: 0.5, On: true, Maybe: &three, List: []string{"first", "second", "last"}}
	want.Inner.Text = "b"
	assert.Equal(t, want, got)
}

func TestBindKeepsWhatIsNotSet(t *testing.T) {
	got := bound{Text: "kept", List: []string{"kept"}}
	require.Empty(t, parse(t, `{"Text": null, "List": [], "Inner": {}}`).Bind(&got))
	assert.Equal(t, bound{Text: "kept", List: []string{"kept"}}, got)
}

func TestBindTellsEveryValueThatDoesNotFit(t *testing.T) {
	c := parse(t, `{"Text": {"a": 1},
"Number": "soon", "Small": 256, "Ratio": "x", "On": "yes",
"Maybe": "", "Inner": "flat", "List": "flat", "Secret": {"Password": "hunter2"}}`)
	var got bound
	assert.Equal(t, []string{
		`error a.json:1:11: Text: is a section, expected a text`,
		`error a.json:2:1: Number: "soon" cannot be converted to a whole number (int)`,
		`error a.json:2:19: Small: "256" cannot be converted to a whole number (uint8)`,
		`error a.json:2:33: Ratio: "x" cannot be converted to a number`,
		`error a.json:2:47: On: "yes" cannot be converted to a boolean (true or false)`,
		`error a.json:3:1: Maybe: "" cannot be converted to a whole number (int)`,
		`error a.json:3:14: Inner: is a single value, expected a section with keys of its own`,
		`error a.json:3:31: List: is a single value, expected an array`,
		`error a.json:3:58: Secret:Password: "[hidden]" cannot be converted to a whole number (int)`,
	}, told(c.Bind(&got)))
	assert.Nil(t, got.Maybe)
}

func TestBindToSomethingElseIsAMistakeOfTheProgram(t *testing.T) {
	assert.Panics(t, func() { new(appsettings.Config).Bind(bound{}) })
	assert.Panics(t, func() { parse(t, `{"C": "x"}`).Bind(&struct{ C chan int }{}) })
}
