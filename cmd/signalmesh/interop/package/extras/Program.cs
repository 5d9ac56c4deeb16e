using Alachisoft.NCache.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR;
using SignalMesh.AspNetCore;
using StackExchange.Redis;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<IUserIdProvider, QueryUser>();
var signalr = builder.Services.AddSignalR();
_ = builder.Configuration["Form"] switch // of the call
{
    "names" => signalr.AddNCache("demoClusteredCache", "extras"),
    "credentials" => signalr.AddNCache("demoClusteredCache", "extras", "hub", "secret of the mesh"),
    "section" => signalr.AddNCache(),
    "redis" => signalr.AddStackExchangeRedis(builder.Configuration["Redis"]!, o => o.Configuration.ChannelPrefix = RedisChannel.Literal("extras")),
    "bound" => signalr.AddNCache((NCacheConfiguration o) => builder.Configuration.GetSection("Elsewhere").Bind(o)),
    _ => signalr.AddSignalMesh("extras"),
};

var app = builder.Build();
app.MapMeshStatus("/mesh");
app.MapHub<EchoHub>("/echo");
app.MapHub<Elsewhere.ChatHub>("/chat");
if (builder.Configuration["Form"] != "redis") // which has none of the services of the package
{
    app.MapHealthChecks("/healthz");
    app.MapGet("/status", (IMeshStatus mesh, CancellationToken end) => mesh.GetAsync(end));
    app.MapGet("/users/{user}", (string user, IMeshContext<EchoHub> mesh, CancellationToken end) => mesh.GetUserConnectionsAsync(user, end));
    app.MapDelete("/users/{user}", (string user, IMeshContext<EchoHub> mesh, CancellationToken end) => mesh.DisconnectUserAsync(user, end));
}
app.Run();

internal sealed class QueryUser : IUserIdProvider
{
    public string? GetUserId(HubConnectionContext connection) => connection.GetHttpContext()?.Request.Query["user"];
}

internal sealed class EchoHub : Hub
{
    public Task Send(string text) => Clients.All.SendAsync("message", text);
}

namespace Elsewhere
{
    /// <summary>Has the name of the hub of the four steps, in another namespace.</summary>
    internal sealed class ChatHub : Hub
    {
        public Task Send(string user, string text) => Clients.All.SendAsync("ReceiveMessage", user, text);
    }
}
