using Microsoft.AspNetCore.SignalR;
using SignalMesh.AspNetCore;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<IUserIdProvider, QueryUser>();
builder.Services.AddSignalR().AddSignalMesh("extras");

var app = builder.Build();
app.MapHub<EchoHub>("/echo");
app.MapHealthChecks("/healthz");
app.MapGet("/status", (IMeshStatus mesh, CancellationToken end) => mesh.GetAsync(end));
app.MapGet("/users/{user}", (string user, IMeshContext<EchoHub> mesh, CancellationToken end) => mesh.GetUserConnectionsAsync(user, end));
app.MapDelete("/users/{user}", (string user, IMeshContext<EchoHub> mesh, CancellationToken end) => mesh.DisconnectUserAsync(user, end));
app.Run();

internal sealed class QueryUser : IUserIdProvider
{
    public string? GetUserId(HubConnectionContext connection) => connection.GetHttpContext()?.Request.Query["user"];
}

internal sealed class EchoHub : Hub
{
    public Task Send(string text) => Clients.All.SendAsync("message", text);
}
