package bridge

import (
	"context"

	"github.com/redis/rueidis"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// Bounds of what is sent to Redis in one go.
const (
	maxCommands     = 1024
	maxCommandBytes = 4 << 20
)

// turn does all that is asked at present. What was wanted before a question came is
// subscribed to before the question is answered.
func (s *session) turn(ctx context.Context) error {
	questions, _ := s.questions.take()
	err := s.synchronize(ctx)
	for err == nil && len(questions) > 0 {
		n := batch(questions)
		err = s.execute(ctx, questions[:n])
		questions = questions[n:]
	}
	for _, q := range questions { // there was an error
		s.b.refuse(q.from, q.question)
	}
	return err
}

// batch is how many of the questions are asked of Redis in one go.
func batch(questions []asked) int {
	bytes := 0
	for i, q := range questions {
		if bytes += len(q.data); i > 0 && bytes > maxCommandBytes || i == maxCommands {
			return i
		}
	}
	return len(questions)
}

// An errand is a question on its way to Redis.
type errand struct {
	asked
	own  []exchange.Name // our subscriptions that Redis counts
	echo *echo           // nil: none is expected
}

// execute answers questions by asking Redis, in their order.
func (s *session) execute(ctx context.Context, questions []asked) error {
	var errands []errand
	var commands []rueidis.Completed
	for _, q := range questions {
		if q.verb == toConfirm {
			s.b.answer(q.from, answer{id: q.id}) // it is subscribed
			continue
		}
		e, command := s.errand(q)
		errands, commands = append(errands, e), append(commands, command)
	}
	if len(commands) == 0 {
		return nil
	}
	var failed error
	if !s.lease.holds() {
		failed = errLeaseLost
	}
	var results []rueidis.RedisResult
	if failed == nil {
		results = s.connection.DoMulti(ctx, commands...)
	}
	for i, e := range errands {
		if failed != nil {
			s.b.refuse(e.from, e.question)
			continue
		}
		failed = s.finish(e, results[i])
	}
	return failed
}

// errand makes a question a command.
func (s *session) errand(q asked) (errand, rueidis.Completed) {
	n, _ := crosses(q.channel) // a name that does not is a channel all the same
	build := s.connection.B()
	e := errand{asked: q}
	if _, held := s.channels[n.Text]; held {
		e.own = append(e.own, exchange.Name{Kind: exchange.Channel, Text: n.Text})
	}
	if q.verb == toCount {
		return e, build.PubsubNumsub().Channel(n.Text).Build()
	}
	for p := range s.patterns {
		if exchange.Match(p, n.Text) {
			e.own = append(e.own, exchange.Name{Kind: exchange.Pattern, Text: p})
		}
	}
	data := rueidis.BinaryString(q.data)
	if len(e.own) > 0 {
		e.echo = s.echoes.expect(e.own, n.Text, data)
	}
	return e, build.Publish().Channel(n.Text).Message(data).Build()
}

// finish answers a question. The error is one of the connection.
func (s *session) finish(e errand, r rueidis.RedisResult) error {
	var subscribers int64
	var err error
	if e.verb == toCount {
		var counts map[string]int64
		if counts, err = r.AsIntMap(); err == nil {
			for _, n := range counts {
				subscribers = n
			}
		}
	} else {
		subscribers, err = r.AsInt64()
	}
	if err != nil {
		_, refused := rueidis.IsRedisErr(err)
		if refused && e.echo != nil {
			s.echoes.forget(e.own, e.echo)
		}
		if e.verb == toPublish {
			s.b.drop(toRedis, err)
		}
		s.b.answer(e.from, answer{id: e.id, away: true})
		if refused {
			return nil
		}
		return err
	}
	if e.verb == toPublish {
		s.b.carried(toRedis)
	}
	s.b.answer(e.from, answer{id: e.id, subscribers: max(0, int(subscribers)-len(e.own))})
	return nil
}
