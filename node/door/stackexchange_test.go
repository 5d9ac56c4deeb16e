package door_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The handshakes of StackExchange.Redis at three ages, sent as it sends them: all
// that it does not wait for in one go. The replies are the least that it accepts.

const echoed = "\x01\x02\xff\x00\r\n\x7fabcdefghi" // 16 raw bytes

func interactive(age string) (send string, check []func(*testing.T, string)) {
	equals := func(want string) func(*testing.T, string) {
		return func(t *testing.T, got string) { assert.Equal(t, want, got) }
	}
	contains := func(parts ...string) func(*testing.T, string) {
		return func(t *testing.T, got string) {
			for _, p := range parts {
				assert.Contains(t, got, p)
			}
		}
	}
	add := func(want func(*testing.T, string), args ...string) {
		send += array(args...)
		check = append(check, want)
	}
	if age == "3.1" {
		add(contains("%7\r\n", "proto\r\n:3\r\n", "master"), "HELLO", "3")
	}
	add(equals("+OK\r\n"), "CLIENT", "SETNAME", "WEB-7(SE.Redis-v"+age+")")
	if age != "2.2" {
		add(equals("+OK\r\n"), "CLIENT", "SETINFO", "lib-name", "SE.Redis")
		add(equals("+OK\r\n"), "CLIENT", "SETINFO", "lib-ver", age)
		add(contains(":"), "CLIENT", "ID")
	}
	config := func(name, value string) func(*testing.T, string) {
		head := "*2\r\n"
		if age == "3.1" {
			head = "%1\r\n"
		}
		return equals(head + bulk(name) + bulk(value))
	}
	add(config("timeout", "0"), "CONFIG", "GET", "timeout")
	add(config("replica-read-only", "yes"), "CONFIG", "GET", "replica-read-only")
	add(config("slave-read-only", "yes"), "CONFIG", "GET", "slave-read-only")
	add(config("databases", "16"), "CONFIG", "GET", "databases")
	add(contains("-ERR unknown command 'SENTINEL'"), "SENTINEL", "MASTERS")
	add(contains("role:master\r\n"), "INFO", "replication")
	add(contains("redis_version:7.0.15\r\n", "redis_mode:standalone\r\n", "run_id:"), "INFO", "server")
	add(equals("-ERR This instance has cluster support disabled\r\n"), "CLUSTER", "NODES")
	null := "$-1\r\n"
	if age == "3.1" {
		null = "_\r\n"
	}
	add(equals(null), "GET", "__Booksleeve_TieBreak")
	add(equals(bulk(echoed)), "ECHO", echoed)
	return send, check
}

func array(args ...string) string {
	text := fmt.Sprintf("*%d\r\n", len(args))
	for _, a := range args {
		text += bulk(a)
	}
	return text
}

func TestTheHandshakesOfStackExchangeRedis(t *testing.T) {
	s := sites(t, 1, nil)
	for _, age := range []string{"2.2", "2.7.33", "3.1"} {
		t.Run(age, func(t *testing.T) {
			w := dial(t, s[0].addr())
			send, check := interactive(age)
			w.send(send)
			for _, c := range check {
				c(t, w.reply())
			}
			sub := dial(t, s[0].addr())
			head := "*3\r\n"
			if age == "3.1" {
				sub, head = w, ">3\r\n"
			} else {
				sub.send(array("CLIENT", "SETNAME", "WEB-7(SE.Redis-v"+age+")") + array("ECHO", echoed))
				assert.Equal(t, "+OK\r\n", sub.reply())
				assert.Equal(t, bulk(echoed), sub.reply())
			}
			sub.send(array("SUBSCRIBE", "__Booksleeve_MasterChanged") + array("SUBSCRIBE", "hub:all") + array("PING"))
			for i, channel := range []string{"__Booksleeve_MasterChanged", "hub:all"} {
				assert.Equal(t, head+bulk("subscribe")+bulk(channel)+fmt.Sprintf(":%d\r\n", i+1), sub.reply())
			}
			if age == "3.1" {
				assert.Equal(t, "+PONG\r\n", sub.reply())
			} else {
				assert.Equal(t, "*2\r\n"+bulk("pong")+bulk(""), sub.reply())
			}
			w.send(array("PUBLISH", "hub:all", "x"))
			assert.Equal(t, head+bulk("message")+bulk("hub:all")+bulk("x"), sub.reply())
			assert.Equal(t, ":1\r\n", w.reply())
			sub.send(array("QUIT"))
			sub.rest()
		})
	}
}
