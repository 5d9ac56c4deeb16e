package protocol

// The types of messages, the same in both protocols (Hub Protocol, Message Types).
const (
	typeInvocation       = 1
	typeStreamItem       = 2
	typeCompletion       = 3
	typeStreamInvocation = 4
	typeCancelInvocation = 5
	typePing             = 6
	typeClose            = 7
	typeAck              = 8
	typeSequence         = 9
)

func (jsonProtocol) Parse(body []byte) (Message, error) {
	p, err := readProperties(body)
	if err != nil {
		return nil, err
	}
	kind, err := p.integer(propType, 32)
	if err != nil {
		return nil, err
	}
	switch kind {
	case typeInvocation, typeStreamInvocation:
		return p.invocation(kind == typeStreamInvocation)
	case typeStreamItem:
		return p.streamItem()
	case typeCompletion:
		return p.completion()
	case typeCancelInvocation:
		var m CancelInvocation
		m.Headers, m.InvocationID, err = p.addressed()
		return checked(m, err)
	case typePing:
		return Ping{}, nil
	case typeClose:
		return p.close()
	case typeAck:
		n, err := p.integer(propSequenceID, 64)
		return checked(Ack{SequenceID: n}, err)
	case typeSequence:
		n, err := p.integer(propSequenceID, 64)
		return checked(Sequence{SequenceID: n}, err)
	}
	return nil, nil // unknown: to be ignored
}

// checked returns m, or err alone.
func checked(m Message, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (p *properties) invocation(stream bool) (Message, error) {
	m := Invocation{Stream: stream}
	var err error
	if stream {
		m.Headers, m.InvocationID, err = p.addressed()
	} else if m.Headers, err = p.headers(); err == nil {
		m.InvocationID, _, err = p.text(propInvocationID)
	}
	if err != nil {
		return nil, err
	}
	if m.Target, err = p.required(propTarget); err != nil {
		return nil, err
	}
	if err := p.demand(propArguments, "Array"); err != nil {
		return nil, err
	}
	for s := p.within(propArguments); s.more(); {
		m.Arguments = append(m.Arguments, Raw(s.value()))
	}
	m.StreamIDs, err = p.streamIDs()
	return checked(m, err)
}

func (p *properties) streamItem() (Message, error) {
	headers, id, err := p.addressed()
	if err != nil {
		return nil, err
	}
	if !p.has(propItem) {
		return nil, malformed("Missing required property 'item'.")
	}
	return StreamItem{Headers: headers, InvocationID: id, Item: Raw(p[propItem])}, nil
}

func (p *properties) completion() (Message, error) {
	var m Completion
	var err error
	if m.Headers, m.InvocationID, err = p.addressed(); err != nil {
		return nil, err
	}
	if m.Error, m.Failed, err = p.text(propError); err != nil {
		return nil, err
	}
	if m.HasResult = p.has(propResult); m.HasResult {
		m.Result = Raw(p[propResult])
	}
	if m.Failed && m.HasResult {
		return nil, malformed("The 'error' and 'result' properties are mutually exclusive.")
	}
	return m, nil
}

func (p *properties) close() (Message, error) {
	var m Close
	var err error
	if m.Error, _, err = p.text(propError); err != nil {
		return nil, err
	}
	m.AllowReconnect, err = p.flag(propAllowReconnect)
	return checked(m, err)
}

// addressed returns the headers and the invocation ID of a message that must
// have one.
func (p *properties) addressed() (headers map[string]string, id string, err error) {
	if headers, err = p.headers(); err != nil {
		return nil, "", err
	}
	id, err = p.required(propInvocationID)
	return headers, id, err
}

func (p *properties) headers() (map[string]string, error) {
	if !p.has(propHeaders) {
		return nil, nil
	}
	if err := p.demand(propHeaders, "Object"); err != nil {
		return nil, err
	}
	var h map[string]string
	for s := p.within(propHeaders); s.more(); {
		name, value := s.member()
		if value[0] != '"' {
			return nil, malformed("Expected header '%s' to be of type String.", unquote(name))
		}
		if h == nil {
			h = make(map[string]string)
		}
		h[unquote(name)] = unquote(value)
	}
	return h, nil
}

func (p *properties) streamIDs() ([]string, error) {
	if !p.has(propStreamIDs) {
		return nil, nil
	}
	if err := p.demand(propStreamIDs, "Array"); err != nil {
		return nil, err
	}
	var ids []string
	for s := p.within(propStreamIDs); s.more(); {
		id := s.value()
		if id[0] != '"' {
			return nil, malformed("Expected 'streamIds' to be an array of strings.")
		}
		ids = append(ids, unquote(id))
	}
	return ids, nil
}

// within returns a scanner of the elements of an object or array, checked with
// the object it is in.
func (p *properties) within(i property) *scanner {
	s := &scanner{text: p[i]}
	s.open()
	return s
}
