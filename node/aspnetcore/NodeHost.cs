using System.Diagnostics;
using System.Security.Cryptography;
using Alachisoft.NCache.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SignalMesh.AspNetCore;

/// <summary>
/// Starts the node with the host, starts it again if it ends, and stops it with the host.
/// </summary>
internal sealed class NodeHost(IOptions<NCacheConfiguration> configuration, ILoggerFactory logs, IHostEnvironment environment, Telemetry telemetry) : IHostedService, IDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);

    private readonly NCacheConfiguration options = configuration.Value;
    private readonly ILogger log = logs.CreateLogger("SignalMesh.Node");
    private readonly string password = Convert.ToHexString(RandomNumberGenerator.GetBytes(24));
    private readonly TaskCompletionSource<NodeAddress> first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stopping = new();
    private volatile NodeProcess? process;
    private Task running = Task.CompletedTask;
    private int port; // of the Redis endpoint; 0: the system picks it

    /// <summary>The node that runs; null if none does.</summary>
    public NodeAddress? Current { get; private set; }

    /// <summary>Returns the address when the node listens for the first time. It stays the same when the node is started again.</summary>
    public Task<NodeAddress> Listening => first.Task;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Mesh.Enabled)
        {
            return;
        }
        if (!string.IsNullOrEmpty(options.Mesh.Endpoint))
        {
            _ = NodeAddress.TryParse(options.Mesh.Endpoint, out var endPoints); // it was validated
            Current = new NodeAddress(endPoints, string.IsNullOrEmpty(options.UserID) ? null : options.UserID, string.IsNullOrEmpty(options.Password) ? null : options.Password, null, 0);
            first.TrySetResult(Current);
            telemetry.Running = true;
            return;
        }
        using var activity = Telemetry.Activities.StartActivity("signalmesh node start");
        var clock = Stopwatch.StartNew();
        running = RunAsync();
        try
        {
            var at = await first.Task.WaitAsync(options.Mesh.StartTimeout, cancellationToken).ConfigureAwait(false);
            log.LogInformation("The node listens after {Elapsed} ms (pid {Pid}); status page http://{Admin}/", clock.ElapsedMilliseconds, at.Pid, at.Admin);
        }
        catch (TimeoutException)
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw new InvalidOperationException($"SignalMesh: the node did not listen within {options.Mesh.StartTimeout}; raise NCacheConfiguration:Mesh:StartTimeout if this machine is slow.");
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        process?.Leave();
        try
        {
            await running.WaitAsync(options.Mesh.StopTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            log.LogWarning("The node did not leave the mesh within {Time} and is killed", options.Mesh.StopTimeout);
            process?.Kill();
            await running.ConfigureAwait(false);
        }
    }

    public void Dispose() => stopping.Dispose();

    // RunAsync runs the node until the host stops. If the first run fails, so does the start of the host.
    private async Task RunAsync()
    {
        for (var pause = ShortestPause; ;)
        {
            var clock = Stopwatch.StartNew();
            var reason = await RunOnceAsync().ConfigureAwait(false);
            Current = null;
            telemetry.Running = false;
            if (stopping.IsCancellationRequested)
            {
                first.TrySetCanceled();
                return;
            }
            if (first.TrySetException(new InvalidOperationException("SignalMesh: the node did not start: " + reason)))
            {
                return;
            }
            pause = clock.Elapsed > StableAfter ? ShortestPause : pause < LongestPause / 2 ? pause * 2 : LongestPause;
            log.LogError("The node ended ({Reason}) and is started again in {Pause} ms. Until then the clients of this server do not reach those of other servers", reason, (int)pause.TotalMilliseconds);
            telemetry.Restarts.Add(1);
            await Task.Delay(pause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // RunOnceAsync runs the node until it ends, and returns why it did.
    private async Task<string> RunOnceAsync()
    {
        var (lines, failure) = (new NodeLog(log), "");
        try
        {
            using var program = NodeProgram.Open(options.Mesh.Program, log);
            void Received(NodeEvent e, int pid)
            {
                switch (e.Event)
                {
                    case "listening":
                        Listens(e, pid);
                        program.Dispose(); // the system keeps a program that runs
                        break;
                    case "ready":
                        log.LogInformation("The node has joined the mesh {Cache} as a server of {Application}", options.CacheName, options.Application);
                        break;
                    case "failed":
                        failure = e.Error;
                        break;
                }
            }
            using var started = NodeProcess.Start(program.Path, NodeSettings.Arguments(options, port),
                NodeSettings.Variables(options, password, environment.ContentRootPath, log.IsEnabled(LogLevel.Debug)), Received, lines);
            process = started;
            if (stopping.IsCancellationRequested)
            {
                started.Leave();
            }
            var code = await started.WaitAsync().ConfigureAwait(false);
            process = null;
            return failure.Length > 0 ? failure : $"exit code {code}: {lines.Tail()}";
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            return e.Message;
        }
    }

    private void Listens(NodeEvent e, int pid)
    {
        if (!NodeAddress.TryParse(e.Redis, out var endPoints))
        {
            log.LogError("The node reports an address that cannot be read: {Address}", e.Redis);
            return;
        }
        port = ((System.Net.IPEndPoint)endPoints[0]).Port; // the same after a restart, so that the connection finds it
        Current = new NodeAddress(endPoints, null, password, e.Admin, pid);
        telemetry.Running = true;
        first.TrySetResult(Current);
    }
}
