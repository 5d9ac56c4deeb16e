package protocol

import "strings"

// The channels by which the servers of one hub reach each other. The hub is
// named by its full type name, such as "Chat.Hubs.ChatHub". Names are put
// together as they are: nothing in them is a pattern or needs escaping, since
// channels are compared as whole strings. They are those of ASP.NET Core's
// Redis backplane, but for the control channels.

// AllChannel carries envelopes for every connection of hub.
func AllChannel(hub string) string { return hub + ":all" }

// HubOf returns the hub whose AllChannel it is. The hub has the prefix of the channels in
// front. ok is false for every other channel, such as that of a group called "x:all".
func HubOf(channel string) (hub string, ok bool) {
	hub, ok = strings.CutSuffix(channel, ":all")
	for _, kind := range []string{":connection:", ":group:", ":user:", ":internal:"} {
		ok = ok && !strings.Contains(channel, kind)
	}
	return hub, ok && hub != ""
}

// GroupsChannel carries group commands to every server of hub.
func GroupsChannel(hub string) string { return hub + ":internal:groups" }

// AckChannel carries acknowledgements of group commands to server.
func AckChannel(hub, server string) string { return hub + ":internal:ack:" + server }

// ReturnChannel carries clients' results to server, which asked for them.
func ReturnChannel(hub, server string) string { return hub + ":internal:return:" + server }

// ControlChannel carries control commands to every server of hub. It and the
// channel of the replies are not ASP.NET Core's, whose servers do not listen.
func ControlChannel(hub string) string { return hub + ":internal:control" }

// ControlReplyChannel carries replies to control commands to server.
func ControlReplyChannel(hub, server string) string { return hub + ":internal:control:" + server }

// ConnectionChannel carries envelopes for one connection.
func ConnectionChannel(hub, connectionID string) string { return hub + ":connection:" + connectionID }

// GroupChannel carries envelopes for the members of group.
func GroupChannel(hub, group string) string { return hub + ":group:" + group }

// UserChannel carries envelopes for the connections of a user.
func UserChannel(hub, userID string) string { return hub + ":user:" + userID }
