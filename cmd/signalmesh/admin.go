package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	// defaultAdmin is where a node serves its admin pages if it is not told otherwise, and
	// the node that "signalmesh status" and "signalmesh healthcheck" ask.
	defaultAdmin = "127.0.0.1:9810"
	// defaultHTTP is where a node that has hubs or --static serves them if it is not told
	// otherwise. It is the default address of ASP.NET Core, too.
	defaultHTTP = "127.0.0.1:5000"
	// noListener is the value of --http and --admin for no listener.
	noListener = "none"
	// adminTimeout is the time limit for one request to an admin listener.
	adminTimeout = 10 * time.Second
	// maxAnswer is how many bytes of an answer are read: a status of thousands of members.
	maxAnswer = 8 << 20

	adminRemedy = "give the value of the node's --admin flag, such as " + defaultAdmin
)

// An adminClient sends requests to the admin listener of one node.
type adminClient struct {
	base    string // URL without a slash at its end
	timeout time.Duration
}

// newAdminClient returns a client for the value of an --admin flag: host:port or a URL.
func newAdminClient(text string) (adminClient, error) {
	base, err := adminURL(text)
	return adminClient{base: base, timeout: adminTimeout}, err
}

// adminURL returns the URL of an admin listener, without a slash at its end.
func adminURL(text string) (string, error) {
	switch text {
	case "":
		return "", errors.New("--admin is required: " + adminRemedy)
	case noListener:
		return "", errors.New("--admin none: a node without an admin listener does not answer")
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("--admin %q is not an address: %s", text, adminRemedy)
	}
	switch host, port := u.Hostname(), u.Port(); {
	case port == "0":
		return "", fmt.Errorf("--admin %s: port 0 is not a port to connect to; the node prints the port that it chose: %s", text, adminRemedy)
	case (host == "" || host == "0.0.0.0" || host == "::") && port != "": // the node listens everywhere
		u.Host = net.JoinHostPort("127.0.0.1", port)
	case host == "":
		return "", fmt.Errorf("--admin %q is not an address: %s", text, adminRemedy)
	case port == "" && u.Scheme == "http":
		return "", fmt.Errorf("--admin %s has no port: %s", strings.TrimPrefix(text, "http://"), adminRemedy)
	}
	return strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/"), nil
}

// ask sends a request and reads the JSON of the answer into v. It returns the HTTP status,
// which may be that of a refusal. The error names the likely mistakes.
func (c adminClient) ask(ctx context.Context, method, path string, v any) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
	if err != nil {
		return 0, err
	}
	// A proxy of the environment is for other hosts than those of an operator.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, c.unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, c.unreachable(err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || json.Unmarshal(body, v) != nil {
		return 0, c.notAdmin(response.Status)
	}
	return response.StatusCode, nil
}

// notAdmin returns the error of an answer that is not that of an admin listener.
func (c adminClient) notAdmin(status string) error {
	return fmt.Errorf("%s answered %s, which is not the answer of an admin listener: is it the port of --http, or another program? Give the node's --admin address", c.base, status)
}

// unreachable returns the error of a request that had no answer.
func (c adminClient) unreachable(err error) error {
	var network net.Error
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no node answers at %s (connection refused): is it running? If its admin listener is elsewhere, give --admin; the node prints the address when it is ready", c.base)
	case errors.As(err, &dns):
		return fmt.Errorf("no node answers at %s: there is no host %s; correct --admin", c.base, dns.Name)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted while waiting for %s", c.base)
	case errors.As(err, &network) && network.Timeout():
		return fmt.Errorf("no answer from %s within %s: is a firewall in between, or the node overloaded?", c.base, shortDuration(c.timeout))
	case strings.Contains(err.Error(), "malformed"), strings.Contains(err.Error(), "readLoopPeekFail"): // net/http has no error values for it
		return fmt.Errorf("%s does not speak HTTP: is it the port of --listen or --redis? Give the node's --admin address", c.base)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%s closed the connection: is the node being stopped, or is this another port than that of --admin?", c.base)
	}
	var op *url.Error
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("no node answers at %s: %w; check --admin", c.base, err)
}
