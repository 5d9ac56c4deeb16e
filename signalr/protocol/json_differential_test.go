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

	"github.com/signalmesh/signalmesh/signalr/protocol"
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

func TestJSONIsReadAsEncodingJSONReadsIt(t *testing.T) {
	for _, text := range []string{
		`{}`, ` { } `, `[]`, `5`, `"x"`, `true`, `{"deep":"d","unknown":[{"a":[1,"}"]}],"empty":[1,2],"map":{"a":1,"b\u0063":2}}`,
		`{"DEEP":"fold","int":"5","bool":"true","str":"\"quo\\\"te\"","float":"1.5","no":true}`, `{"int":5}`, `{"int":"x"}`,
		`{"three":{"mine":6,"deep":7},"first":3,"Same":1,"any":{"a":[1,null,"x"]},"big":12345678901234567890}`,
		`{"ptr":7,"array":[1,2,3],"rune":{"97":true,"98":false}}`, `{"rune":{"x":true}}`, `{"addr":"10.0.0.1","num":1e5}`,
		`{"addr":"nonsense"}`, `{"zero":1.5}`, `{"zero":99999999999999999999}`, `{"zero":1e2}`, `{"map":[]}`, `{"map":null,"empty":null,"ptr":null,"text":null,"any":null}`,
		`{"never":"2024-01-02T03:04:05.000000006+01:00","list":[1]}`, `{"text":"\ud83d\ude00\ud800"}`, `{"temp":5}`,
		`{`, `{"text":}`, `[1,]`, `{} {}`, ``,
	} {
		var want, got tagged
		wantErr := json.Unmarshal([]byte(text), &want)
		err := protocol.JSON().Bind(protocol.Raw(text), &got)
		assert.Equal(t, wantErr != nil, err != nil, "%s: %v, %v", text, wantErr, err)
		if wantErr == nil {
			assert.Equal(t, want, got, text)
		}
	}
	for text, dst := range map[string][2]any{
		`[1,2,3]`: {new([2]int), new([2]int)}, `{"1":[{"x":"y"}]}`: {new(map[int][]map[string]string), new(map[int][]map[string]string)},
		`"aGkh"`: {new([]byte), new([]byte)}, `1.25`: {new(float32), new(float32)}, `-128`: {new(int8), new(int8)}, `200`: {new(uint8), new(uint8)},
		`{"Name":"n"}`: {new(Loop), new(Loop)}, `{"a":{"b":null}}`: {new(map[string]map[string]*int), new(map[string]map[string]*int)},
	} {
		require.NoError(t, json.Unmarshal([]byte(text), dst[0]))
		require.NoError(t, protocol.JSON().Bind(protocol.Raw(text), dst[1]))
		assert.Equal(t, dst[0], dst[1], text)
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
