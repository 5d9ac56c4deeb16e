package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// demoServers is how many servers the demo has.
const demoServers = 3

// demoPeerPort is where NCache's servers listen, and so the port of client.ncconf.
const demoPeerPort = 9800

// A place is where a server of the demo is found. It is the same before and after
// the server was stopped.
type place struct {
	number int    // from 1
	http   string // host:port
	peer   string // host:port
}

func (p place) name() string { return fmt.Sprintf("Server %d", p.number) }
func (p place) url() string  { return "http://" + p.http }

// color is the name of the server's colour, on the page and in the terminal.
func (p place) color() string { return []string{"blue", "green", "magenta"}[p.number-1] }

// pickPlaces finds three places whose ports are free: HTTP at base and above, or
// wherever the system likes if base is 0. Peers get an address each, as in a real
// cluster, where the machine has 127.0.0.2 and 127.0.0.3 and port 9800 is free;
// otherwise they share 127.0.0.1 on ports that the system picks.
func pickPlaces(base int) ([]place, error) {
	if base < 0 || base > 65535-demoServers+1 {
		return nil, usageError{fmt.Errorf("--http-port %d: choose 0, or a port from 1 to %d", base, 65535-demoServers+1)}
	}
	var web, peers, anywhere []string
	for i := range demoServers {
		port := base
		if base != 0 {
			port += i
		}
		web = append(web, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		peers = append(peers, net.JoinHostPort(fmt.Sprintf("127.0.0.%d", i+1), strconv.Itoa(demoPeerPort)))
		anywhere = append(anywhere, "127.0.0.1:0")
	}
	web, err := free(web)
	if err != nil {
		return nil, fmt.Errorf("%w; choose three other HTTP ports, such as with --http-port 6001", err)
	}
	if peers, err = free(peers); err != nil {
		if peers, err = free(anywhere); err != nil {
			return nil, err
		}
	}
	var places []place
	for i := range demoServers {
		places = append(places, place{number: i + 1, http: web[i], peer: peers[i]})
	}
	return places, nil
}

// free returns addrs with port 0 replaced by one that is free, or why one of them
// cannot be listened on. Between here and its use another program can take it.
func free(addrs []string) ([]string, error) {
	var picked []string
	for _, addr := range addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, err
		}
		defer l.Close() // after the last one, so that none is picked twice
		picked = append(picked, l.Addr().String())
	}
	return picked, nil
}

// demoFiles are the settings that the nodes of the demo read.
type demoFiles struct {
	config    string   // path of appsettings.json
	ncconf    string   // path of client.ncconf; empty if bootstrap is used
	bootstrap []string // empty if client.ncconf is used
}

// writeDemoFiles writes into folder what an operator would. client.ncconf has one
// port for all, so without it the peers are each told all three addresses.
func writeDemoFiles(folder string, places []place) (demoFiles, error) {
	f := demoFiles{config: filepath.Join(folder, "appsettings.json")}
	settings := fmt.Sprintf(demoSettings, demoCache, demoApplication)
	if err := os.WriteFile(f.config, []byte(settings), 0o600); err != nil {
		return demoFiles{}, err
	}
	var servers strings.Builder
	for _, p := range places {
		host, port, err := net.SplitHostPort(p.peer)
		if err != nil {
			return demoFiles{}, err
		}
		if port != strconv.Itoa(demoPeerPort) {
			f.bootstrap = append(f.bootstrap, p.peer)
		}
		fmt.Fprintf(&servers, "    <server name=%q/>\n", host)
	}
	if len(f.bootstrap) > 0 {
		return f, nil
	}
	f.ncconf = filepath.Join(folder, "client.ncconf")
	clients := fmt.Sprintf(demoNCConf, demoPeerPort, demoCache, servers.String())
	return f, os.WriteFile(f.ncconf, []byte(clients), 0o600)
}

const demoSettings = `{
  "NCacheConfiguration": {
    "CacheName": %q,
    "ApplicationID": %q
  }
}
`

const demoNCConf = `<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <ncache-server port="%d" connection-retries="3" retry-interval="1" retry-connection-delay="0" connection-timeout="5"/>
  <cache id=%q>
%s  </cache>
</configuration>
`
