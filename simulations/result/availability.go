package result

// Availability is how many servers and users were away while the load ran.
type Availability struct {
	Servers   int `json:"servers"`     // that ran at some time
	Down      int `json:"down"`        // of them, those whose process ended
	DownAtEnd int `json:"down_at_end"` // of them, those that were not back when the load ended
	Paused    int `json:"paused"`      // servers whose process was stopped for some time
	CutOff    int `json:"cut_off"`     // servers that could not reach most of the others for some time
	CutPaths  int `json:"cut_paths"`   // pairs of servers that could not reach each other for some time
	AllPaths  int `json:"all_paths"`   // pairs of servers
	// CutSeconds and PauseSeconds are how long the longest cut and the longest pause lasted,
	// up to the end of the run.
	CutSeconds   float64 `json:"cut_seconds"`
	PauseSeconds float64 `json:"pause_seconds"`
	// Outage is how long a server was without a ready process, one observation for each
	// process that ended; to the end of the load if the server did not come back.
	Outage Latency `json:"outage"`
	Users  Users   `json:"users"`
}

// Users are the clients of the servers. Each client stays with its server: it is away from
// the end of the server's process until the next process of that server is ready. Behind a
// load balancer it would connect to another server sooner.
type Users struct {
	Clients     int     `json:"clients"`     // of all servers at the beginning, in all applications
	Disconnects uint64  `json:"disconnects"` // connections that ended with their server
	Away        Latency `json:"away"`        // how long each was away; to the end of the load if its server did not come back
	AwayAtEnd   int     `json:"away_at_end"` // clients whose server was not back when the load ended
	AwayShare   float64 `json:"away_share"`  // of the time of all clients while the load ran, 0 to 1
}
