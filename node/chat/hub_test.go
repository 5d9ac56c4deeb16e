package chat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// people connects Ann and Bob to two servers, and Cyd to the second one.
func people(t *testing.T) (ann, bob, cyd *client) {
	s := openServers(t, "one", "two")
	return connect(t, s[0], "ann"), connect(t, s[1], "bob"), connect(t, s[1], "cyd")
}

// fence makes everyone hear the word, so that nothing before it is still to come.
func fence(from *client, to ...*client) {
	from.t.Helper()
	server := from.who().Server
	from.must("Send", "fence", "x")
	for _, c := range to {
		c.expect("ReceiveMessage", "fence", "x", server)
	}
}

func TestSendReachesEveryone(t *testing.T) {
	ann, bob, cyd := people(t)
	ann.must("Send", "Ann", "hello")
	bob.expect("ReceiveMessage", "Ann", "hello", "one")
	cyd.expect("ReceiveMessage", "Ann", "hello", "one")
	ann.expect("ReceiveMessage", "Ann", "hello", "one")
	bob.must("Send", "Bob", "hi")
	for _, c := range []*client{ann, bob, cyd} {
		c.expect("ReceiveMessage", "Bob", "hi", "two")
	}
}

func TestSendToOthersLeavesTheCallerOut(t *testing.T) {
	ann, bob, cyd := people(t)
	bob.must("SendToOthers", "Bob", "hi")
	ann.expect("ReceiveMessage", "Bob", "hi", "two")
	cyd.expect("ReceiveMessage", "Bob", "hi", "two")
	fence(bob, bob)
}

func TestRooms(t *testing.T) {
	ann, bob, cyd := people(t)
	ann.must("JoinRoom", "tea")
	cyd.must("JoinRoom", "tea")
	bob.must("SendToRoom", "tea", "Bob", "milk?") // need not be in it
	ann.expect("ReceiveMessage", "Bob", "milk?", "two")
	cyd.expect("ReceiveMessage", "Bob", "milk?", "two")

	ann.must("PostToRoom", "tea", "Ann", "no")
	cyd.expect("ReceiveRoomMessage", "tea", "Ann", "no", "one")
	ann.expect("ReceiveRoomMessage", "tea", "Ann", "no", "one")

	cyd.must("LeaveRoom", "tea")
	ann.must("SendToRoom", "tea", "Ann", "gone")
	ann.expect("ReceiveMessage", "Ann", "gone", "one")
	fence(ann, bob, cyd)
}

func TestRoomsOfConnectionsElsewhere(t *testing.T) {
	ann, bob, cyd := people(t)
	ann.must("AddToRoom", bob.id, "tea")
	ann.must("SendToRoom", "tea", "Ann", "welcome")
	bob.expect("ReceiveMessage", "Ann", "welcome", "one")
	ann.must("RemoveFromRoom", bob.id, "tea")
	ann.must("SendToRoom", "tea", "Ann", "still there?")
	fence(ann, ann, bob, cyd)
}

func TestWhisperReachesOneUser(t *testing.T) {
	ann, bob, cyd := people(t)
	ann.must("Whisper", "bob", "Ann", "psst")
	bob.expect("ReceiveMessage", "Ann", "psst", "one")
	fence(ann, ann, bob, cyd)
}

func TestSendToConnection(t *testing.T) {
	ann, bob, cyd := people(t)
	ann.must("SendToConnection", cyd.id, "Ann", "you")
	cyd.expect("ReceiveMessage", "Ann", "you", "one")
	ann.must("SendToConnection", "nobody", "Ann", "you")
	fence(ann, ann, bob, cyd)
}

func TestWhoAmI(t *testing.T) {
	_, bob, cyd := people(t)
	assert.Equal(t, Identity{ConnectionID: bob.id, UserID: "bob", Server: "two"}, bob.who())
	assert.NotEmpty(t, bob.id)
	assert.NotEqual(t, bob.id, cyd.id)
	assert.JSONEq(t, `{"connectionId":"`+cyd.id+`","userId":"cyd","server":"two"}`, string(cyd.must("WhoAmI").Result))
}

func TestMistakesAreToldToTheClient(t *testing.T) {
	ann, bob, cyd := people(t)
	long := strings.Repeat("x", maxRoom+1)
	for _, call := range [][]string{
		{"a room needs a name", "JoinRoom", ""},
		{"a room needs a name", "LeaveRoom", ""},
		{"a room needs a name", "SendToRoom", "", "Ann", "x"},
		{"a room needs a name", "PostToRoom", "", "Ann", "x"},
		{"at most 128 bytes, this one has 129", "JoinRoom", long},
		{"at most 128 bytes", "RemoveFromRoom", bob.id, long},
		{`there is no connection "nobody"`, "AddToRoom", "nobody", "tea"},
		{`there is no connection "nobody"`, "RemoveFromRoom", "nobody", "tea"},
	} {
		m := ann.call(call[1], call[2:]...)
		assert.Contains(t, m.Error, call[0], "%s", call[1])
	}
	fence(ann, ann, bob, cyd) // and none of it ended the connection or reached anyone
}

func TestHubsOfDifferentPathsHearNothingOfEachOther(t *testing.T) {
	assert.Equal(t, "chat", Mount("/Chat", "one").Name)
	assert.NotEqual(t, Mount("/chat", "one").Name, Mount("/other", "one").Name)
}
