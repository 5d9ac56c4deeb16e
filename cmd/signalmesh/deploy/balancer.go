//go:build linux

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// returnLimit is how long a balancer may take until it sends clients to a server that
// is ready again. nginx waits 10 s (fail_timeout) by default.
const returnLimit = 30 * time.Second

//go:embed configs
var configs embed.FS

// A kind is a balancer with a configuration.
type kind struct {
	name    string // for people
	program string
	config  string // name of the template in configs
	arrange func(folder, config string) (*exec.Cmd, error)
	// cookie returns the Cookie header that binds a client to a server. try counts the
	// attempts to find one.
	cookie func(server string, try int) string
}

var kinds = []kind{
	{"HAProxy, plain", "haproxy", "haproxy-plain.cfg", arrangeHAProxy, haproxyCookie},
	{"HAProxy, recommended", "haproxy", "haproxy-recommended.cfg", arrangeHAProxy, haproxyCookie},
	{"nginx, plain", "nginx", "nginx-plain.conf", arrangeNginx, nginxCookie},
	{"nginx, recommended", "nginx", "nginx-recommended.conf", arrangeNginx, nginxCookie},
}

// configure returns the configuration of a kind for the servers.
func (k kind) configure(listen string, servers any) (string, error) {
	text, err := configs.ReadFile("configs/" + k.config)
	if err != nil {
		return "", err
	}
	t, err := template.New(k.config).Parse(string(text))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, map[string]any{"Listen": listen, "Servers": servers})
	return b.String(), err
}

// A balancer is a running kind.
type balancer struct {
	kind
	addr    string
	process *process
	cookies map[string]string // by the name of the server that they bind to
}

// newBalancer starts a balancer in front of servers that run, and waits until it sends
// clients to all of them. folder is for its files.
func newBalancer(ctx context.Context, k kind, folder string, a *addresses, servers []*server) (_ *balancer, err error) {
	picked, err := a.next(1)
	if err != nil {
		return nil, err
	}
	b := &balancer{kind: k, addr: picked[0], cookies: map[string]string{}}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	text, err := k.configure(b.addr, servers)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, k.config)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return nil, err
	}
	command, err := k.arrange(folder, path)
	if err != nil {
		return nil, err
	}
	if b.process, err = startProcess(k.name, filepath.Join(folder, "log"), command); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.process.kill()
		}
	}()
	for _, s := range servers {
		if err := b.learn(ctx, s); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// learn looks for a cookie that binds a client to a server.
func (b *balancer) learn(ctx context.Context, s *server) error {
	try := 0
	return await(ctx, returnLimit, b.name+" to send clients to "+s.name, func() (bool, error) {
		try++
		cookie := b.cookie(s.name, try)
		b.cookies[s.name] = cookie
		return b.sends(ctx, s), b.process.over()
	})
}

// returned waits until the balancer sends the clients that are bound to a server to
// that server.
func (b *balancer) returned(ctx context.Context, s *server) error {
	return await(ctx, returnLimit, b.name+" to send clients to "+s.name+" again", func() (bool, error) {
		return b.sends(ctx, s), b.process.over()
	})
}

// sends reports whether the balancer sends the clients that are bound to a server to
// that server.
func (b *balancer) sends(ctx context.Context, s *server) bool {
	code, body, err := request(ctx, http.MethodGet, "http://"+b.addr+"/"+nameFile, b.cookies[s.name])
	return err == nil && code == http.StatusOK && body == s.name
}

// arrangeHAProxy returns the command that runs HAProxy in the foreground.
func arrangeHAProxy(folder, config string) (*exec.Cmd, error) {
	global := filepath.Join(folder, "global.cfg")
	err := os.WriteFile(global, []byte("global\n  maxconn 2000\n"), 0o644)
	return exec.Command(sbin("haproxy"), "-db", "-f", global, "-f", config), err
}

func haproxyCookie(server string, _ int) string { return "SIGNALMESH=" + server }

// arrangeNginx returns the command that runs nginx as one process in the foreground,
// with its files in folder. config is included as a file of /etc/nginx/conf.d would be.
func arrangeNginx(folder, config string) (*exec.Cmd, error) {
	var b strings.Builder
	if self, err := user.Current(); err == nil && self.Uid == "0" {
		fmt.Fprintf(&b, "user %s;\n", self.Username) // otherwise nginx changes to another user
	}
	b.WriteString("daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents { worker_connections 2000; }\nhttp {\n  access_log off;\n")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&b, "  %s_temp_path %s;\n", kind, kind)
	}
	fmt.Fprintf(&b, "  include %s;\n}\n", config)
	path := filepath.Join(folder, "nginx.conf")
	err := os.WriteFile(path, []byte(b.String()), 0o644)
	return exec.Command(sbin("nginx"), "-p", folder, "-c", path), err
}

// nginxCookie returns a cookie that nginx hashes to some server.
func nginxCookie(_ string, try int) string { return fmt.Sprint("route=", try) }

// sbin returns the path of a program that may be in a folder of the system
// administrator, which is not in every user's PATH.
func sbin(program string) string {
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(folder, program)); err == nil {
			return path
		}
	}
	return program
}

// installed returns an error that names the programs that are missing.
func installed(kinds []kind) (err error) {
	programs := map[string]string{"node": "nodejs"}
	for _, k := range kinds {
		programs[k.program] = k.program
	}
	for program, debian := range programs {
		if _, missing := exec.LookPath(sbin(program)); missing != nil {
			err = errors.Join(err, fmt.Errorf("%s is not installed; on Debian: apt-get install %s", program, debian))
		}
	}
	return err
}
