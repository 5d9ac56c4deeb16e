using System.Globalization;
using Alachisoft.NCache.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace SignalMesh.AspNetCore;

/// <summary>The connection of this process to its node, which all hubs share.</summary>
internal sealed class Backplane(NodeHost node, IOptions<NCacheConfiguration> configuration, IHostApplicationLifetime life, ILoggerFactory logs, Telemetry telemetry) : IMeshStatus, IHostedService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);
    private const int WarnEvery = 10; // attempts

    private readonly ILogger log = logs.CreateLogger("SignalMesh.Backplane");
    private readonly object gate = new();
    private Task<IConnectionMultiplexer>? connection;

    public NCacheConfiguration Options => configuration.Value;

    /// <summary>
    /// Returns a connection that works. It tries until there is one, or the host stops: a
    /// hub subscribes only once, with the connection that it gets first.
    /// </summary>
    public Task<IConnectionMultiplexer> ConnectAsync(TextWriter writer)
    {
        lock (gate)
        {
            return connection is null or { IsFaulted: true } or { IsCanceled: true } ? connection = OpenAsync(writer) : connection;
        }
    }

    /// <inheritdoc/>
    public async Task<MeshStatus> GetAsync(CancellationToken cancellationToken = default)
    {
        if (!Options.Mesh.Enabled)
        {
            return new MeshStatus { Reason = "the mesh is off (NCacheConfiguration:Mesh:Enabled is false)" };
        }
        if (node.Current is not { } at)
        {
            return new MeshStatus { Reason = "the node does not run; it is being started" };
        }
        try
        {
            var c = await ConnectAsync(TextWriter.Null).WaitAsync(cancellationToken).ConfigureAwait(false);
            var text = (string?)await c.GetDatabase().ExecuteAsync("INFO", "server", "signalmesh").WaitAsync(cancellationToken).ConfigureAwait(false);
            return MeshStatus.Parse(text ?? "", at);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return new MeshStatus { Reason = "no connection to the node: " + e.Message };
        }
    }

    /// <summary>Does nothing: the first hub that needs the connection makes it.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Closes the connection, before the node is stopped: the node waits for its clients.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task<IConnectionMultiplexer>? open;
        lock (gate)
        {
            open = connection;
        }
        if (open is { IsCompletedSuccessfully: true })
        {
            await open.Result.CloseAsync().ConfigureAwait(false);
            await open.Result.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<IConnectionMultiplexer> OpenAsync(TextWriter writer)
    {
        await Task.Yield(); // the caller holds the lock
        using var activity = Telemetry.Activities.StartActivity("signalmesh connect");
        var at = await node.Listening.WaitAsync(life.ApplicationStopping).ConfigureAwait(false);
        var redis = Settings(at);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var c = await ConnectionMultiplexer.ConnectAsync(redis, writer).ConfigureAwait(false);
                Watch(c);
                return c;
            }
            catch (RedisConnectionException e) when (!life.ApplicationStopping.IsCancellationRequested)
            {
                if (attempt % WarnEvery == 0)
                {
                    log.LogWarning("No connection to the node at {Address}: {Reason}. It is tried again; clients wait", at, (e.InnerException ?? e).Message);
                }
                await Task.Delay(RetryAfter, life.ApplicationStopping).ConfigureAwait(false);
            }
        }
    }

    private ConfigurationOptions Settings(NodeAddress at)
    {
        var redis = new ConfigurationOptions
        {
            AbortOnConnectFail = true, // of an attempt; a connection that was made comes back by itself
            ConnectTimeout = 5000,
            ReconnectRetryPolicy = new LinearRetry(250),
            ChannelPrefix = RedisChannel.Literal(Options.Application),
            // After a short loss the node sends a client of the same name what it missed.
            ClientName = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}"),
            User = at.User,
            Password = at.Password,
        };
        foreach (var e in at.EndPoints)
        {
            redis.EndPoints.Add(e);
        }
        return redis;
    }

    private void Watch(ConnectionMultiplexer c)
    {
        telemetry.Connected = c.IsConnected;
        c.ConnectionFailed += (_, e) =>
        {
            telemetry.Connected = c.IsConnected;
            telemetry.ConnectionFailures.Add(1);
            if (!life.ApplicationStopping.IsCancellationRequested)
            {
                log.LogWarning("The connection to the node at {Address} is lost: {Reason}", e.EndPoint, e.Exception?.Message ?? e.FailureType.ToString());
            }
        };
        c.ConnectionRestored += (_, e) =>
        {
            telemetry.Connected = c.IsConnected;
            log.LogInformation("The connection to the node at {Address} is back", e.EndPoint);
        };
    }
}
