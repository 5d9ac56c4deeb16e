package backplanetest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryIsABackplane(t *testing.T) { backplanetest.Run(t, backplanetest.OpenMemory) }

func TestServersOnMemoryMeetTheSpecification(t *testing.T) {
	backplanetest.RunSpec(t, backplanetest.OpenMemory)
}

// A stopped is a Receiver that takes nothing.
type stopped chan struct{}

func (s stopped) Receive(string, string, []byte) { <-s }
func (s stopped) Left(string)                    {}
func (s stopped) Gap(string, uint64)             {}

func TestMemoryPublishWaitsForRoomAndThenFails(t *testing.T) {
	m := backplanetest.NewMemory()
	from, to := m.Join(), m.Join()
	defer from.Close()
	defer to.Close()
	s := make(stopped)
	defer close(s)
	_, err := to.Attach(s)
	require.NoError(t, err)
	require.NoError(t, to.Subscribe(t.Context(), "c"))
	ctx, cancel := context.WithCancel(t.Context())
	full := make(chan error)
	go func() { // ends with cancel, below
		for {
			if _, err := from.Publish(ctx, "c", nil); err != nil {
				full <- err
				return
			}
		}
	}()
	cancel()
	assert.ErrorIs(t, <-full, context.Canceled)
}

func TestMemoryCloseEndsAWaitingPublish(t *testing.T) {
	for _, closed := range []string{"sender", "target"} {
		t.Run(closed, func(t *testing.T) {
			m := backplanetest.NewMemory()
			from, to := m.Join(), m.Join()
			s := make(stopped)
			_, err := to.Attach(s)
			require.NoError(t, err)
			require.NoError(t, to.Subscribe(t.Context(), "c"))
			done := make(chan struct{})
			go func() { // ends when one of them is closed
				defer close(done)
				for {
					n, err := from.Publish(context.Background(), "c", nil)
					if err != nil || n == 0 {
						return
					}
				}
			}()
			if closed == "sender" {
				require.NoError(t, from.Close())
				<-done
				close(s)
				require.NoError(t, to.Close())
				return
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = to.Close()
			}()
			<-done
			close(s)
			<-ended
			require.NoError(t, from.Close())
		})
	}
}
