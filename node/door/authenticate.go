package door

import (
	"context"
	"net/netip"
	"time"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

const (
	wrongPassword = "WRONGPASS invalid username-password pair or user is disabled."
	notVerified   = "ERR signalmesh: the password could not be verified in time, because of others; try again"
)

// auth lets a client in.
func (c *conn) auth(args [][]byte) {
	switch {
	case len(args) > 2:
		c.fail("ERR syntax error")
	case len(args) == 1 && c.door.o.Credentials == nil:
		c.fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	default:
		user := ""
		if len(args) == 2 {
			user = string(args[0])
		}
		if refusal := c.authenticate(user, string(args[len(args)-1])); refusal != "" {
			c.fail(refusal)
			return
		}
		c.ok()
	}
}

// authenticate checks a password and returns the error reply if it is wrong. A right
// password that is known never waits. A right password that is not known waits for its
// turn. The reply to a wrong password is delayed.
func (c *conn) authenticate(user, password string) (refusal string) {
	d := c.door
	c.limits.password = true
	if d.o.Credentials == nil {
		if user != "default" {
			return wrongPassword
		}
		return ""
	}
	if user == "default" {
		user = "" // Redis' name for clients that give only a password
	}
	if len(user) > maxUser || len(password) > maxPassword {
		return c.wrong(user)
	}
	grant, verdict := d.o.Credentials.Recall(user, password)
	if verdict == Unknown {
		grant, verdict = c.verify(user, password)
	}
	switch verdict {
	case Right:
		c.trust(user, grant)
		return ""
	case Wrong:
		return c.wrong(user)
	}
	return notVerified
}

// verify waits for a turn and verifies a password. The verdict is Unknown if the turn
// did not come in time.
func (c *conn) verify(user, password string) (Grant, Verdict) {
	d, from := c.door, c.network()
	ctx, cancel := context.WithTimeout(c.ctx, d.o.BeforeAuth.Timeout/2) // so that there is time to tell
	defer cancel()
	if err := d.lobby.turns.wait(ctx, from); err != nil {
		return nil, Unknown
	}
	// Another connection may have verified the same password since.
	grant, verdict := d.o.Credentials.Recall(user, password)
	if verdict == Unknown && c.hold() {
		ok := false
		if grant, ok = d.o.Credentials.Verify(user, password); ok {
			verdict = Right
		} else {
			verdict = Wrong
		}
		c.release()
	}
	d.lobby.turns.done(from, verdict == Wrong)
	return grant, verdict
}

// wrong counts and logs a wrong password, waits, and returns the error reply.
func (c *conn) wrong(user string) (refusal string) {
	d, from := c.door, c.network().Addr().String()
	d.metrics.refusedPasswords.Add(1)
	d.logged.clients.warn(d.o.Logger, "password "+from, "wrong user or password; correct it in the client. Further ones of this address are counted in signalmesh_door_refused_passwords_total",
		"client", c.describe(), "user", user[:min(len(user), 64)], "application", d.o.Application)
	if wait := d.lobby.delays.failed(time.Now(), "address "+from, "user "+user[:min(len(user), maxUser)]); wait > 0 {
		c.out.flush() // earlier replies do not wait
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.ctx.Done():
		}
	}
	return wrongPassword
}

// network is the address of the client as limits count it.
func (c *conn) network() netip.Prefix { return admission.Network(addrOf(c.raw.RemoteAddr())) }

// hold protects the place of the connection in the lobby while its password is
// verified. It reports false if the connection has lost the place.
func (c *conn) hold() bool { return c.limits.place == nil || c.limits.place.Hold() }

func (c *conn) release() {
	if c.limits.place != nil {
		c.limits.place.Release()
	}
}

// revoke closes the connection immediately because its grant is no longer valid. It
// reports false if the connection was closed before.
func (c *conn) revoke() bool {
	if !c.ended.CompareAndSwap(uint32(notEnded), uint32(userRevoked)) {
		return false
	}
	c.report(userRevoked)
	c.cancel()
	c.out.abandon()
	return true
}

// Revoke closes the connections of clients whose Grants are no longer valid, for example
// because their users were removed or have new passwords. It returns the number of closed
// connections.
func (d *Door) Revoke() (ended int) {
	users := map[string]int{}
	for _, c := range d.connections() {
		c.mu.Lock()
		grant, user := c.grant, c.user
		c.mu.Unlock()
		if grant != nil && !grant.Valid() && c.revoke() {
			users[user]++
			ended++
		}
	}
	if ended > 0 {
		d.o.Logger.Warn("redis endpoint: connections closed: their users were removed or changed; give these clients a user and password of the file",
			"connections", ended, "users", users, "application", d.o.Application)
	}
	return ended
}
