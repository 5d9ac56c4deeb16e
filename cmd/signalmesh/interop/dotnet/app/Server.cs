using System.Security.Claims;
using Microsoft.AspNetCore.SignalR;
using StackExchange.Redis;

namespace SignalMesh.Interop;

/// <summary>An ASP.NET Core server with the hub, on a port that the system picks.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly WebApplication app;

    private Server(WebApplication app) => this.app = app;

    public string Url => app.Urls.First() + "/chat";

    public IHubContext<ChatHub> Hub => app.Services.GetRequiredService<IHubContext<ChatHub>>();

    /// <summary>Starts a server with AddStackExchangeRedis and a ChannelPrefix.</summary>
    public static Task<Server> Start(string configuration) => Start(signalR =>
        signalR.AddStackExchangeRedis(configuration, o =>
        {
            o.Configuration.ChannelPrefix = RedisChannel.Literal("demo");
            o.Configuration.ClientName = $"interop-{Guid.NewGuid():N}";
        }));

    public static async Task<Server> Start(Action<ISignalRServerBuilder> backplane)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var signalR = builder.Services.AddSignalR(o => o.MaximumReceiveMessageSize = 4 << 20).AddMessagePackProtocol();
        backplane(signalR);
        var app = builder.Build();
        app.Use((context, next) =>
        {
            // A request names its user, as an authentication scheme would.
            if (context.Request.Headers["X-User"] is [{ } user])
            {
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test"));
            }
            return next();
        });
        app.MapHub<ChatHub>("/chat");
        await app.StartAsync();
        return new Server(app);
    }

    public static async Task<int> RunUntilInputEnds(string configuration)
    {
        await using var server = await Start(configuration);
        Console.WriteLine(server.Url);
        await Task.Run(Console.In.ReadToEnd);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
