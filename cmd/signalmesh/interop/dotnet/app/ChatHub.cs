using Microsoft.AspNetCore.SignalR;

namespace SignalMesh.Interop;

/// <summary>Has a method for every audience. Clients have a method "Message" with a text.</summary>
public sealed class ChatHub : Hub
{
    /// <summary>Returns after the server has subscribed to the channels of the connection.</summary>
    public void Ready()
    {
    }

    public Task All(string text) => Clients.All.SendAsync("Message", text);

    public Task Others(string text) => Clients.Others.SendAsync("Message", text);

    public Task AllExcept(string id, string text) => Clients.AllExcept(id).SendAsync("Message", text);

    public Task Client(string id, string text) => Clients.Client(id).SendAsync("Message", text);

    public Task ClientsOf(string[] ids, string text) => Clients.Clients(ids).SendAsync("Message", text);

    public Task User(string user, string text) => Clients.User(user).SendAsync("Message", text);

    public Task Group(string group, string text) => Clients.Group(group).SendAsync("Message", text);

    public Task OthersInGroup(string group, string text) => Clients.OthersInGroup(group).SendAsync("Message", text);

    public Task Join(string group) => Groups.AddToGroupAsync(Context.ConnectionId, group);

    public Task JoinFor(string id, string group) => Groups.AddToGroupAsync(id, group);

    public Task LeaveFor(string id, string group) => Groups.RemoveFromGroupAsync(id, group);

    /// <summary>Sends numbered texts to all clients.</summary>
    public async Task Numbers(string head, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Clients.All.SendAsync("Message", head + i);
        }
    }
}
