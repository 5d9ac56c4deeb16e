package admission_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

func TestUsersFileHoldsWhatLineWrote(t *testing.T) {
	list := []admission.User{
		{Name: "hub", Verifier: verifier(t, "hub", "old")},
		{Name: "hub", Verifier: verifier(t, "hub", "new")},
		{Name: `DOMAIN\some one`, Verifier: verifier(t, `DOMAIN\some one`, "s3cret"), Applications: []string{"chat", "a b,c", "*", "#x"}},
	}
	text := "# users of demo\n\n"
	for _, u := range list {
		line, err := u.Line()
		require.NoError(t, err)
		text += line + "\r\n"
	}
	got, err := admission.ParseUsers(strings.NewReader(text), "Demo")
	require.NoError(t, err)
	require.Len(t, got, 3)
	for i := range list {
		assert.True(t, list[i].Verifier == got[i].Verifier)
		assert.Equal(t, list[i].Name, got[i].Name)
		assert.Equal(t, list[i].Applications, got[i].Applications)
	}
	_, err = (admission.User{Name: "x", Password: "y"}).Line()
	assert.ErrorContains(t, err, "no verifier")
}

func TestUsersFileNamesTheWrongLine(t *testing.T) {
	v := verifier(t, "hub", "s3cret").Text()
	for text, want := range map[string]string{
		"":                      "no user; add one with signalmesh user add",
		"\n# nothing\n":         "no user",
		"#\nhub * ":             "line 2: 2 fields instead of 3",
		"hub * x":               `line 1: user "hub": no verifier`,
		"hub chat,,x " + v:      `line 1: user "hub": application ""`,
		"hub chat,chat " + v:    `application "chat" stands twice`,
		"hub %zz " + v:          "line 1: application",
		"%zz * " + v:            "line 1: user",
		"hubb * " + v:           "line 1: user \"hubb\": its verifier was made for another cache or user name",
		"hub * " + v[:len(v)-2]: "no verifier",
		"hub * " + v + " more":  "4 fields",
		"hub * " + strings.Replace(v, "$200000:", "$4096:", 1): `a verifier of "4096" iterations`,
		"hub * " + v + "\nhub * " + v + "\n\nhub * " + v:       "line 4: user \"hub\": more than 2 passwords",
		"hub * " + v + "\nhub chat " + v:                       "line 2: user \"hub\": its entries name different applications",
		strings.Repeat("#", 70_000):                            "read users",
		strings.Repeat("#\n", 3<<20):                           "longer than",
	} {
		_, err := admission.ParseUsers(strings.NewReader(text), "demo")
		assert.ErrorContains(t, err, want)
	}
	_, err := admission.ParseUsers(strings.NewReader("hub * "+v), "other")
	assert.ErrorContains(t, err, "made for another cache")
}

func FuzzParseUsers(f *testing.F) {
	line, err := admission.User{Name: "hub", Verifier: verifier(f, "hub", "s3cret"), Applications: []string{"a", "b c"}}.Line()
	require.NoError(f, err)
	f.Add(line)
	f.Add("# x\n" + line + "\n" + strings.Replace(line, "a,", "*,", 1))
	f.Fuzz(func(t *testing.T, text string) {
		users, err := admission.ParseUsers(strings.NewReader(text), "demo")
		if err != nil {
			return
		}
		// What is read can be written and read again, and is what a Gate takes.
		var again []string
		for _, u := range users {
			line, err := u.Line()
			require.NoError(t, err)
			again = append(again, line)
		}
		reread, err := admission.ParseUsers(strings.NewReader(strings.Join(again, "\n")), "demo")
		require.NoError(t, err)
		require.Len(t, reread, len(users))
		require.NoError(t, gate(t, "hub", "old").Accept(users))
	})
}
