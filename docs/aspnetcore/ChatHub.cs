using Microsoft.AspNetCore.SignalR;

namespace ChatSample.Hubs;

/// <summary>A chat. Clients have a method "ReceiveMessage" with a user and a text.</summary>
public sealed class ChatHub : Hub
{
    /// <summary>Says something to everybody, on every server.</summary>
    public Task Send(string user, string text) =>
        Clients.All.SendAsync("ReceiveMessage", user, text);

    /// <summary>Enters a room.</summary>
    public Task Join(string room) =>
        Groups.AddToGroupAsync(Context.ConnectionId, room);

    /// <summary>Leaves a room.</summary>
    public Task Leave(string room) =>
        Groups.RemoveFromGroupAsync(Context.ConnectionId, room);

    /// <summary>Says something to everybody in a room, on every server.</summary>
    public Task SendToRoom(string room, string user, string text) =>
        Clients.Group(room).SendAsync("ReceiveMessage", user, text);
}
