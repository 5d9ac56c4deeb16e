package door

// Credentials check the users and passwords of clients. Methods may be called
// concurrently. user is empty if the client gives only a password.
type Credentials interface {
	// Recall checks a user and password at the cost of a hash. It returns Unknown if
	// that takes more.
	Recall(user, password string) (Grant, Verdict)
	// Verify checks what Recall does not know. It may take 100 ms of CPU time; a Door
	// calls it for one client at a time. It reports whether the password is right.
	Verify(user, password string) (Grant, bool)
}

// A Verdict is the result of Credentials.Recall.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota // call Verify
	Wrong
	Right
)

// A Grant is the result of a successful authentication. Valid reports whether the same
// user and password would be accepted now; see Door.Revoke.
type Grant interface{ Valid() bool }
