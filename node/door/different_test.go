package door_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

// What one Redis does in one step takes a way across the mesh. The tests here hold
// that way up to show what can be seen meanwhile.

// A slowBackplane delivers what others publish when it is let, and sends off the end
// of subscriptions when it is let.
type slowBackplane struct {
	exchange.Backplane
	deliver, forget chan struct{} // closed: let
}

func (b *slowBackplane) Attach(r exchange.Receiver) (func(), error) {
	return b.Backplane.Attach(slowReceiver{r, b})
}

func (b *slowBackplane) Unsubscribe(channel string) {
	go func() { // as the network does; ends with forget
		<-b.forget
		b.Backplane.Unsubscribe(channel)
	}()
}

type slowReceiver struct {
	exchange.Receiver
	b *slowBackplane
}

func (r slowReceiver) Receive(from, channel string, data []byte) {
	<-r.b.deliver
	r.Receiver.Receive(from, channel, data)
}

// tick is how often is looked for what tells nobody that it has come.
const tick = time.Millisecond

// slowSites opens two nodes, the second of which is reached slowly.
func slowSites(t *testing.T) (near, far *door.Door, slow *slowBackplane) {
	memory := backplanetest.NewMemory()
	open := func(down exchange.Backplane, last func() error) *door.Door {
		x, err := exchange.New(down)
		require.NoError(t, err)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		d, err := door.New(door.Options{Listener: l, Exchange: x})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, errors.Join(d.Close(), x.Close(), last())) })
		return d
	}
	a, b := memory.Join(), memory.Join()
	slow = &slowBackplane{Backplane: b, deliver: make(chan struct{}), forget: make(chan struct{})}
	return open(a, a.Close), open(slow, b.Close), slow
}

func TestPublishIsAnsweredBeforeItIsDeliveredElsewhere(t *testing.T) {
	near, far, slow := slowSites(t)
	w := dial(t, far.Addr().String())
	w.ask("SUBSCRIBE", "c")
	assert.Equal(t, ":1\r\n", dial(t, near.Addr().String()).ask("PUBLISH", "c", "x"), "though nobody has it yet")
	w.command("PING")
	assert.Equal(t, "*2\r\n"+bulk("pong")+bulk(""), w.reply(), "and not the message")
	close(slow.deliver)
	assert.Equal(t, message("c", "x"), w.reply())
	close(slow.forget)
}

func TestWhoUnsubscribesMayBeCountedElsewhereForAMoment(t *testing.T) {
	near, far, slow := slowSites(t)
	close(slow.deliver)
	w, p := dial(t, far.Addr().String()), dial(t, near.Addr().String())
	w.ask("SUBSCRIBE", "c")
	assert.Equal(t, subscribed("unsubscribe", "c", 0), w.ask("UNSUBSCRIBE", "c"))
	assert.Equal(t, ":0\r\n", dial(t, far.Addr().String()).ask("PUBLISH", "c", "x"), "at the same node it is over")
	assert.Equal(t, ":1\r\n", p.ask("PUBLISH", "c", "x"), "elsewhere it is not known yet")
	w.command("PING")
	assert.Equal(t, "+PONG\r\n", w.reply(), "but nothing comes")
	close(slow.forget)
	require.Eventually(t, func() bool { return p.ask("PUBLISH", "c", "x") == ":0\r\n" }, patience, tick)
}

// Different publishers of one channel have no common order: each node hears its own at
// once, and the other's when it comes.
func TestPublishersAtDifferentNodesHaveNoCommonOrder(t *testing.T) {
	near, far, slow := slowSites(t)
	a, b := dial(t, near.Addr().String()), dial(t, far.Addr().String())
	a.ask("SUBSCRIBE", "c")
	b.ask("SUBSCRIBE", "c")
	dial(t, near.Addr().String()).ask("PUBLISH", "c", "from near")
	dial(t, far.Addr().String()).ask("PUBLISH", "c", "from far")
	assert.Equal(t, message("c", "from near"), a.reply())
	assert.Equal(t, message("c", "from far"), a.reply())
	assert.Equal(t, message("c", "from far"), b.reply())
	close(slow.deliver)
	assert.Equal(t, message("c", "from near"), b.reply())
	close(slow.forget)
}

// Only one key is known, and it has no value.
func TestADoorStoresNothing(t *testing.T) {
	w := dial(t, sites(t, 1, nil)[0].addr())
	for _, command := range [][]string{{"SET", "k", "v"}, {"GET", "k"}, {"XADD", "s", "*", "f", "v"}, {"EVAL", "return 1", "0"}} {
		assert.Equal(t, "-ERR unknown command '"+command[0]+"': the signalmesh endpoint "+w.RemoteAddr().String()+
			" is for publish and subscribe only; connect to a Redis server for stored data\r\n", w.ask(command...), "without the values")
	}
	for _, secret := range []string{"pass word", "p\r\nq", strings.Repeat("p", 33)} {
		assert.Contains(t, w.ask(secret), "-ERR unknown command '(no name)': ")
	}
	assert.Equal(t, "$-1\r\n", w.ask("GET", "__Booksleeve_TieBreak"))
}
