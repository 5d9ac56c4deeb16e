package signalr

// Saturated returns why the server should not be sent more clients: a budget is used
// up, so that it refuses groups or connections. It is empty if nothing is refused. Each
// reason has its remedy.
func (s *Server) Saturated() []string { return s.subscriptions.usedUp() }
