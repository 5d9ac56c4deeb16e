package signalr

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// echo returns a call of Echo and its answer, in JSON.
func echo(id int) (call, answer string) {
	return fmt.Sprintf(`{"type":1,"invocationId":"%d","target":"Echo","arguments":["%d"]}`+"\x1e", id, id),
		fmt.Sprintf(`{"type":3,"invocationId":"%d","result":"%d"}`+"\x1e", id, id)
}

// pollOf and postTo are requests of long polling.
func pollOf(token string) []byte { return request("GET", "/hub?id="+token) }

func postTo(token, body string) []byte {
	return append(request("POST", "/hub?id="+token, fmt.Sprint("Content-Length: ", len(body))), body...)
}

func deleteOf(token string) []byte { return request("DELETE", "/hub?id="+token, "Connection: close") }

func TestRawPollsOfSeveralConnectionsShareASocket(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		tokens := []string{a.token(), a.token(), a.token()}
		var all []byte // in one write, as a proxy might
		for _, token := range tokens {
			all = append(all, pollOf(token)...)
		}
		for _, token := range tokens {
			all = append(append(all, postTo(token, hello)...), pollOf(token)...)
		}
		want := 0
		for i := range 20 {
			for j, token := range tokens {
				call, _ := echo(10*i + j)
				all = append(append(all, postTo(token, call)...), pollOf(token)...)
				want++
			}
		}
		for _, token := range tokens[1:] {
			all = append(all, request("DELETE", "/hub?id="+token)...)
		}
		r := a.enter().send(all, deleteOf(tokens[0]))
		for _, status := range r.statuses()[:len(r.statuses())-len(tokens)] {
			assert.Equal(t, 200, status)
		}
		for i := range 20 {
			for j := range tokens {
				_, answer := echo(10*i + j)
				assert.Equal(t, 1, bytes.Count(r.rest(), []byte(answer)))
			}
		}
		a.unharmed()
	})
}

func TestRawPollsByTheHundredLoseNothing(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		token := a.pollHandshake()
		<-a.hub.connected
		var polls []*raw
		for i := range 100 {
			for range 3 {
				polls = append(polls, a.enter().send(pollOf(token)))
			}
			call, _ := echo(i)
			isPlain(t, a.post(token, call), 200, "")
		}
		synctest.Wait()
		polls = append(polls, a.enter().send(pollOf(token)))
		synctest.Wait()
		isPlain(t, a.delete(token), 202, "")
		synctest.Wait()
		var got []byte
		for _, r := range polls {
			heard := string(r.heard())
			status := strings.Split(heard+"  ", " ")[1]
			assert.Contains(t, []string{"200", "204", "409"}, status, heard)
			got = append(got, heard...)
			r.leave()
		}
		for i := range 100 {
			_, answer := echo(i)
			assert.Equal(t, 1, bytes.Count(got, []byte(answer)), "answer %d", i)
		}
		a.unharmed()
	})
}

func TestRawPollsThatHangUpGiveWay(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		token := a.pollHandshake()
		<-a.hub.connected
		for i := range 50 {
			a.enter().send(pollOf(token)).leave()
			synctest.Wait()
			call, answer := echo(i)
			isPlain(t, a.post(token, call), 200, "")
			assert.Equal(t, answer, a.poll(token).body)
		}
		isPlain(t, a.delete(token), 202, "")
		a.unharmed()
	})
}

func TestRawRequestsOfAllKindsToOneConnection(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		token := a.pollHandshake()
		<-a.hub.connected
		pending := a.enter().send(pollOf(token))
		synctest.Wait()
		intruders := [][]byte{
			bytes.Replace(upgrade(), []byte("/hub"), []byte("/hub?id="+token), 1),
			request("GET", "/hub?id="+token, "Accept: text/event-stream"),
			request("PUT", "/hub?id="+token),
			request("GET", "/hub?id="+strings.ToLower(token)),
			request("GET", "/hub?id="+token+"%00"),
			request("POST", "/hub", "Content-Length: 0"),
		}
		want := []int{400, 400, 405, 404, 404, 400}
		for i, intruder := range intruders {
			r := a.enter().send(intruder, request("GET", "/elsewhere", "Connection: close"))
			assert.Equal(t, want[i], r.statuses()[0], "%s", intruder)
		}
		call, answer := echo(1)
		isPlain(t, a.post(token, call), 200, "")
		pending.until(func(got []byte) bool { return strings.HasSuffix(string(got), answer) })
		pending.leave()
		time.Sleep(a.options.PollGap + tickInterval) // nobody polls any more
		a.unharmed()
		assert.NoError(t, <-a.hub.disconnected)
	})
}
