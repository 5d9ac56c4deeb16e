package ncconf_test

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// FuzzParse checks that a document is told about within bounds, each problem
// inside the file, and that a cache which was accepted says the same when it is
// written anew from what was read.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ncconf")
	require.NoError(f, err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
	cases, err := os.ReadFile("testdata/cases.txt")
	require.NoError(f, err)
	for _, p := range bytes.Split(cases, []byte("--- file\n"))[1:] {
		file, _, _ := bytes.Cut(p, []byte("\n--- told\n"))
		f.Add(file)
	}
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := ncconf.Parse("f", data, ncconf.Options{})
		checkProblems(t, data, problems)
		if file == nil {
			require.True(t, problems.Failed())
			return
		}
		for _, id := range file.IDs() {
			c, more := file.Cache(id)
			checkProblems(t, data, more)
			require.Equal(t, problems.Failed() || more.Failed(), c == nil)
			if c != nil {
				checkRoundTrip(t, c)
			}
		}
	})
}

func checkProblems(t *testing.T, data []byte, ps diag.Problems) {
	t.Helper()
	lines := bytes.Count(data, []byte("\n")) + 1
	require.LessOrEqual(t, len(ps), 3*(diag.MaxProblems+1))
	for _, p := range ps {
		require.Equal(t, "f", p.At.Source)
		require.LessOrEqual(t, p.At.Line, lines, p)
		require.Less(t, len(p.Message), 2000)
		require.True(t, utf8.ValidString(p.Message), p.Message)
		require.NotContains(t, p.Error(), "\n")
	}
}

func checkRoundTrip(t *testing.T, c *ncconf.Cache) {
	t.Helper()
	require.NotEmpty(t, c.Servers)
	require.LessOrEqual(t, len(c.Servers), ncconf.MaxServers)
	for _, s := range c.Servers {
		require.True(t, s.Port >= 1 && s.PortRange >= 1 && s.PortRange <= ncconf.MaxPortRange && s.Port+s.PortRange-1 <= 65535, s)
	}
	again, problems := read(render(c), c.ID, ncconf.Options{})
	require.NoError(t, problems.Err(), render(c))
	require.Equal(t, values(c), values(again))
}

// values are a cache's settings without their places.
func values(c *ncconf.Cache) []string {
	var out []string
	for _, r := range c.Rows() {
		out = append(out, r.Name+"="+r.Value)
	}
	for _, s := range c.Servers {
		out = append(out, fmt.Sprint(s, s.PortRange, s.LoadBalancer))
	}
	return out
}

// render writes a cache as a file.
func render(c *ncconf.Cache) string {
	var b strings.Builder
	ip := ""
	if c.LocalIP.Value.IsValid() {
		ip = c.LocalIP.Value.String()
	}
	fmt.Fprintf(&b, `<configuration><ncache-server port="%d" connection-retries="%d" retry-interval="%.0f" retry-connection-delay="%.0f"
 connection-timeout="%.0f" client-request-timeout="%.0f" command-retries="%d" command-retry-interval="%.9f" enable-keep-alive="%t"
 keep-alive-interval="%.0f" local-server-ip="%s" load-balancer-connection-retries="%d"/>`,
		c.Port.Value, c.ConnectionRetries.Value, c.RetryInterval.Value.Seconds(), c.RetryConnectionDelay.Value.Seconds(),
		c.ConnectionTimeout.Value.Seconds(), c.ClientRequestTimeout.Value.Seconds(), c.CommandRetries.Value,
		c.CommandRetryInterval.Value.Seconds(), c.KeepAlive.Value, c.KeepAliveInterval.Value.Seconds(), ip, c.LoadBalancerRetries.Value)
	fmt.Fprintf(&b, "\n<cache id=\"%s\" load-balance=\"%t\" enable-client-logs=\"%t\" log-level=\"%s\">",
		escape(c.ID), c.LoadBalance.Value, c.ClientLogs.Value, c.LogLevel.Value)
	for _, s := range c.Servers {
		fmt.Fprintf(&b, "\n<server name=\"%s\" port=\"%d\" port-range=\"%d\" is-load-balancer=\"%t\"/>", escape(s.Host), s.Port, s.PortRange, s.LoadBalancer)
	}
	for _, p := range c.EndPoints {
		fmt.Fprintf(&b, "<server-end-point><end-point private-ip=\"%s\" private-port=\"%d\" public-ip=\"%s\" public-port=\"%d\"/></server-end-point>",
			escape(p.PrivateHost), p.PrivatePort, escape(p.PublicHost), p.PublicPort)
	}
	if k := c.Credentials; k != nil {
		fmt.Fprintf(&b, `<security><primary user-id="%s" password="%s"/></security>`, escape(k.UserID), escape(k.Password))
	}
	b.WriteString("</cache></configuration>")
	return b.String()
}

// escape writes a value so that no reader changes its blanks.
func escape(s string) string {
	return strings.NewReplacer("\n", "&#10;", "\r", "&#13;", "\t", "&#9;").Replace(html.EscapeString(s))
}
