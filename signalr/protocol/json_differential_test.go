//lint:file-ignore SA5008 what encoding/json makes of odd tags is the point here

package protocol_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type celsius float64

func (c *celsius) MarshalJSON() ([]byte, error) { return []byte(`"warm"`), nil }

type one struct {
	Same  int
	Deep  int `json:"deep"`
	First int `json:"first"`
}

type two struct {
	Same   int
	Second int `json:"second"`
}

type four struct {
	Deep  int `json:"deep"`
	First int `json:"first"`
}

type Three struct {
	Tagged int `json:"mine"`
	four
}

type Loop struct {
	*Loop
	Name string `json:"name"`
}

// tagged has what struct tags can say. With all names given (Same is none, as
// there are two) encoding/json writes the same.
type tagged struct {
	one
	two
	*Three `json:"three"`
	Deep   string         `json:"deep"`
	Empty  []int          `json:"empty,omitempty"`
	Array  [0]int         `json:"array,omitempty"`
	Map    map[string]int `json:"map,omitempty"`
	Text   string         `json:"text,omitempty"`
	Ptr    *int           `json:"ptr,omitempty"`
	Struct struct{}       `json:"struct,omitempty"`
	No     bool           `json:"no,omitempty"`
	Zero   int            `json:"zero,omitzero"`
	Never  time.Time      `json:"never,omitzero"`
	NoPtr  *time.Time     `json:"noPtr,omitzero"`
	Int    int            `json:"int,string"`
	Bool   *bool          `json:"bool,string"`
	Str    string         `json:"str,string"`
	List   []int          `json:"list,string"`
	Float  float32        `json:"float,string"`
	Any    any            `json:"any"`
	Dash   int            `json:"-,"`
	Temp   celsius        `json:"temp"`
	Temps  []celsius      `json:"temps"`
	Big    *big.Int       `json:"big"`
	Addr   netip.Addr     `json:"addr"`
	Num    json.Number    `json:"num"`
	Rune   map[rune]bool  `json:"rune"`
}

func TestJSONWithTagsIsThatOfEncodingJSON(t *testing.T) {
	yes, n := true, 5
	when := time.Date(2024, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	full := tagged{
		one: one{1, 2, 3}, two: two{4, 5}, Three: &Three{Tagged: 6, four: four{7, 8}}, Deep: "d",
		Empty: []int{1}, Map: map[string]int{"a": 1}, Text: "<>&\u2028\b\f\x00\x7f\"\\/é", Ptr: &n, No: true, Zero: 1,
		Never: when, NoPtr: &when, Int: 1, Bool: &yes, Str: "quo\"te", List: []int{1}, Float: 1.5,
		Any: []any{1, "x", nil, 1e21, 1e-7, math.Copysign(0, -1), 123456789.125}, Dash: 1, Temp: 5, Temps: []celsius{1, 2},
		Big: big.NewInt(1 << 60), Addr: netip.MustParseAddr("fe80::1"), Num: "1e5", Rune: map[rune]bool{'b': true, 'a': false},
	}
	for _, v := range []any{
		tagged{}, &tagged{}, full, &full, []tagged{full, {}}, map[string]*tagged{"a": &full, "b": nil},
		Loop{Name: "x", Loop: &Loop{Name: "y"}}, (*tagged)(nil), [3]byte{1, 2, 3}, json.Number(""), big.NewInt(7),
	} {
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		require.NoError(t, e.Encode(v))
		// But for the form of some escapes and numbers the text is the same.
		assert.Equal(t, tokens(t, want.String()), tokens(t, jsonOf(t, v)))
	}
}

// tokens returns what text says, in order.
func tokens(t *testing.T, text string) (out []json.Token) {
	d := json.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		out = append(out, token)
	}
}
