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

// A Verdict is what Credentials know about a user and a password.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota // Verify has to be asked
	Wrong
	Right
)

// A Grant is what a client got for its password. Valid reports whether it would get
// it again now; see Door.Revoke.
type Grant interface{ Valid() bool }
