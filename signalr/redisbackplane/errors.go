package redisbackplane

import "errors"

var (
	// ErrClosed means that the backplane was closed.
	ErrClosed = errors.New("redisbackplane: closed")
	// ErrAttached means that there is a receiver already.
	ErrAttached = errors.New("redisbackplane: a receiver is attached already")
	// ErrTooLarge means that a message is over the limit; nothing was sent.
	ErrTooLarge = errors.New("redisbackplane: message too large")
	// ErrUnavailable means that Redis could not be reached in time.
	ErrUnavailable = errors.New("redisbackplane: Redis is not available")
)
