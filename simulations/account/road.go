package account

// A Road is the way that a message took.
type Road uint8

// The roads.
const (
	NoRoad   Road = iota // it is not known
	Direct               // a stream between the two servers
	Topic                // the long way round
	repaired             // any, after the link had broken
	roads
)

func (r Road) String() string { return [...]string{"", "direct", "topic", "repaired"}[r] }
