using Alachisoft.NCache.AspNetCore.SignalR;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace SignalMesh.AspNetCore;

/// <summary>
/// Warns if another server has a hub with the class name of a hub of this server, but in
/// another namespace. The channels of a hub have its full name, so the two do not reach each other.
/// </summary>
internal sealed class HubNames(Backplane backplane, IOptions<NCacheConfiguration> configuration, IServiceProvider services, IHostApplicationLifetime life, ILoggerFactory logs) : BackgroundService
{
    private const string All = ":all"; // ends the name of the channel that every server with clients subscribes to
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly ILogger log = logs.CreateLogger("SignalMesh.Hubs");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!configuration.Value.Mesh.Enabled)
        {
            return;
        }
        var started = new TaskCompletionSource();
        using var registration = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
        var own = services.GetService<EndpointDataSource>()?.Endpoints.Select(e => e.Metadata.GetMetadata<HubMetadata>()?.HubType.FullName).OfType<string>().ToHashSet(StringComparer.Ordinal) ?? [];
        var told = new HashSet<string>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(Period);
        while (own.Count > 0)
        {
            try
            {
                await LookAsync(own, told, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                log.LogDebug(e, "The hubs of other servers are not known");
            }
            catch (OperationCanceledException) when (life.ApplicationStopping.IsCancellationRequested)
            {
                return;
            }
            await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task LookAsync(HashSet<string> own, HashSet<string> told, CancellationToken stoppingToken)
    {
        var c = await backplane.ConnectAsync(TextWriter.Null).WaitAsync(stoppingToken).ConfigureAwait(false);
        var prefix = configuration.Value.Application;
        var channels = (RedisResult[]?)await c.GetDatabase().ExecuteAsync("PUBSUB", "CHANNELS", prefix + "*" + All).WaitAsync(stoppingToken).ConfigureAwait(false);
        foreach (var channel in channels ?? [])
        {
            var name = ((string?)channel ?? "")[prefix.Length..^All.Length];
            if (!own.Contains(name) && own.FirstOrDefault(h => Class(h) == Class(name)) is { } mine && told.Add(name))
            {
                log.LogWarning("Another server has the hub {Other}, and this one {Own}: they do not reach each other, because their full names differ. Give the class the same namespace on all servers", name, mine);
            }
        }
    }

    private static string Class(string fullName) => fullName[(fullName.LastIndexOf('.') + 1)..];
}
