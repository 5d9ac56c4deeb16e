package scenario

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Key is a setting that can be changed by name.
type Key struct {
	Name, Example, Help string
	set                 func(*Scenario, string) error
}

// Keys are the settings that Set knows.
var Keys = []Key{
	{"nodes", "100", "how many `nodes`; several regions share them in proportion", setNodes},
	{"rate", "50", "`messages` a second, all loads together", setRate},
	{"size", "512", "payload of every message, in `bytes`; or a range: 100..4KiB", setSize},
	{"latency", "1ms..20ms", "one-way latency of all paths: a `time`, or a range each pair draws from", setText(func(s *Scenario) *Network { return s.everywhere(Network{Latency: new(Range)}) }, "latency")},
	{"jitter", "2ms", "what a packet may take longer, on all paths: a `time`", setText(func(s *Scenario) *Network { return s.everywhere(Network{Jitter: new(Duration)}) }, "jitter")},
	{"loss", "0.5%", "`share` of packets lost, on all paths", setText(func(s *Scenario) *Network { return s.everywhere(Network{Loss: new(Share)}) }, "loss")},
	{"bandwidth", "1Gbit", "`bits` a second of each node, up and down each", setText(func(s *Scenario) *Network { return s.everywhere(Network{Bandwidth: new(Bandwidth)}) }, "bandwidth")},
	{"duration", "10m", "how long messages are published: a virtual `time`", setDuration(func(s *Scenario) *Duration { return &s.Duration })},
	{"seed", "7", "the `number` that decides everything random", setSeed},
	{"degree", "4", "GossipSub's `degree`", setInt(func(s *Scenario) *int { return &s.Mesh.Degree })},
	{"direct", "128", "up to how many direct `links` all are linked; if there are more nodes, each makes a quarter as many", setInt(func(s *Scenario) *int { return &s.Mesh.Direct })},
	{"replay", "2m", "how long messages are kept for a peer that is away: a `time`", setDuration(func(s *Scenario) *Duration { return &s.Mesh.ReplayAge })},
}

// Set returns s with one setting changed, complete.
func (s Scenario) Set(key, value string) (Scenario, error) {
	i := slices.IndexFunc(Keys, func(k Key) bool { return k.Name == key })
	if i < 0 {
		var names []string
		for _, k := range Keys {
			names = append(names, k.Name)
		}
		return s, fmt.Errorf("%q is no setting; these are: %s", key, strings.Join(names, ", "))
	}
	s.Regions, s.Links, s.Applications = slices.Clone(s.Regions), slices.Clone(s.Links), slices.Clone(s.Applications)
	if err := Keys[i].set(&s, value); err != nil {
		return s, fmt.Errorf("%s: %w", key, err)
	}
	s, err := s.Complete()
	if err != nil {
		return s, fmt.Errorf("%s: %w", key, err)
	}
	return s, nil
}

func setNodes(s *Scenario, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < len(s.Regions) || n < 2 || n > MaxNodes {
		return fmt.Errorf("%q is no number of nodes; write one from %d to %d", v, max(2, len(s.Regions)), MaxNodes)
	}
	all, given, before := s.Nodes(), 0, 0
	for i := range s.Regions {
		before += s.Regions[i].Nodes
		share := int(math.Round(float64(n) * float64(before) / float64(all)))
		share = min(max(share, given+1), n-(len(s.Regions)-1-i))
		s.Regions[i].Nodes = share - given
		given = share
	}
	return nil
}

func setRate(s *Scenario, v string) error {
	rate, err := strconv.ParseFloat(v, 64)
	if err != nil || !(rate > 0 && rate <= 1e6) {
		return fmt.Errorf("%q is no rate; write messages a second, for example 50", v)
	}
	was := 0.0
	for _, a := range s.Applications {
		for _, l := range a.Load {
			was += l.PeakRate()
		}
	}
	for i, a := range s.Applications {
		s.Applications[i].Load = slices.Clone(a.Load)
		for j, l := range a.Load {
			s.Applications[i].Load[j] = l.scaled(rate / was)
		}
	}
	return nil
}

func setSize(s *Scenario, v string) error {
	var size Sizes
	if err := size.UnmarshalText([]byte(v)); err != nil {
		return err
	}
	for i, a := range s.Applications {
		s.Applications[i].Load = slices.Clone(a.Load)
		for j := range a.Load {
			s.Applications[i].Load[j].Size = size
		}
	}
	return nil
}

func setSeed(s *Scenario, v string) error {
	seed, err := strconv.ParseUint(v, 10, 64)
	if err != nil || seed == 0 {
		return fmt.Errorf("%q is no seed; write a whole number from 1", v)
	}
	s.Seed = seed
	return nil
}

func setInt(field func(*Scenario) *int) func(*Scenario, string) error {
	return func(s *Scenario, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no whole number from 1", v)
		}
		*field(s) = n
		return nil
	}
}

// setDuration refuses 0, which Complete would replace with the default.
func setDuration(field func(*Scenario) *Duration) func(*Scenario, string) error {
	return func(s *Scenario, v string) error {
		var d Duration
		if err := d.UnmarshalText([]byte(v)); err != nil {
			return err
		}
		if d == 0 {
			return fmt.Errorf("%q is not above 0; write a duration, for example 30s", v)
		}
		*field(s) = d
		return nil
	}
}

// everywhere makes the set fields of n those of all paths, and returns the Network
// that is filled in for them.
func (s *Scenario) everywhere(n Network) *Network {
	clear := func(o Network) Network {
		if n.Latency != nil {
			o.Latency = nil
		}
		if n.Jitter != nil {
			o.Jitter = nil
		}
		if n.Loss != nil {
			o.Loss = nil
		}
		if n.Bandwidth != nil {
			o.Bandwidth = nil
		}
		return o
	}
	for i := range s.Regions {
		s.Regions[i].Network = clear(s.Regions[i].Network)
	}
	for i := range s.Links {
		s.Links[i].Network = clear(s.Links[i].Network)
	}
	s.Network = n.or(s.Network)
	return &s.Network
}

func setText(field func(*Scenario) *Network, name string) func(*Scenario, string) error {
	return func(s *Scenario, v string) error {
		n := field(s)
		switch name {
		case "latency":
			return n.Latency.UnmarshalText([]byte(v))
		case "jitter":
			return n.Jitter.UnmarshalText([]byte(v))
		case "loss":
			return n.Loss.UnmarshalText([]byte(v))
		}
		return n.Bandwidth.UnmarshalText([]byte(v))
	}
}

// A Variant is a scenario with one setting changed, and what sets it apart: "nodes=3".
type Variant struct {
	Label, Key, Value string
	Scenario
}

// Variants returns s with each of the values of "key=a,b,c". With "" it is s alone.
func (s Scenario) Variants(vary string) ([]Variant, error) {
	if vary == "" {
		return []Variant{{Scenario: s}}, nil
	}
	key, list, ok := strings.Cut(vary, "=")
	if !ok {
		return nil, fmt.Errorf("%q does not say what to vary; write a setting and its values, for example degree=4,6,8", vary)
	}
	var variants []Variant
	for value := range strings.SplitSeq(list, ",") {
		value = strings.TrimSpace(value)
		if slices.ContainsFunc(variants, func(v Variant) bool { return v.Value == value }) {
			return nil, fmt.Errorf("%s=%s is there twice; write each value once", key, value)
		}
		v, err := s.Set(key, value)
		if err != nil {
			return nil, err
		}
		v.Vary = ""
		variants = append(variants, Variant{Label: key + "=" + value, Key: key, Value: value, Scenario: v})
	}
	return variants, nil
}
