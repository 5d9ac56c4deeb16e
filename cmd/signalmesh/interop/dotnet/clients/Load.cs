using System.Diagnostics;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>
/// Broadcasts to all clients of all servers. Each line of the input asks for a part:
/// "saturated", or "rate" for a fixed rate. The program answers with its figures.
/// </summary>
internal sealed class Load(string[] urls, int clients, int rate)
{
    private const int Outstanding = 12, TextLength = 256;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(12), Saturated = TimeSpan.FromSeconds(2), AtRate = TimeSpan.FromSeconds(3);

    private readonly List<HubConnection> connections = [];
    private readonly string padding = new('x', TextLength);
    private readonly List<double>[] latencies = new List<double>[clients];
    private readonly int[] arrived = new int[1 << 20]; // by number: how many clients have it
    private long delivered;
    private int sent;
    private volatile bool timing;
    private readonly SemaphoreSlim room = new(Outstanding);

    public static Task<int> Run(int clients, int rate, string[] urls) => new Load(urls, clients, rate).Run();

    private async Task<int> Run()
    {
        for (var i = 0; i < clients; i += 50)
        {
            connections.AddRange(await Task.WhenAll(Enumerable.Range(i, Math.Min(50, clients - i)).Select(Connect)));
        }
        await Saturate(WarmUp);
        Console.WriteLine("connected");
        while (await Task.Run(Console.In.ReadLine) is { } part)
        {
            Console.WriteLine($"end {part} {(part == "saturated" ? await MeasureSaturated() : await MeasureAtRate())}");
        }
        return 0;
    }

    /// <summary>Returns the number of deliveries, and the seconds that they took.</summary>
    private async Task<string> MeasureSaturated()
    {
        var (before, clock) = (Interlocked.Read(ref delivered), Stopwatch.StartNew());
        timing = false;
        await Saturate(Saturated);
        return FormattableString.Invariant($"{Interlocked.Read(ref delivered) - before} {clock.Elapsed.TotalSeconds:F3}");
    }

    /// <summary>Returns the number of deliveries, their median and p99 latency in ms, and how many are missing.</summary>
    private async Task<string> MeasureAtRate()
    {
        var before = Interlocked.Read(ref delivered);
        foreach (var list in latencies)
        {
            list.Clear();
        }
        timing = true;
        var missing = await SendAtRate();
        var all = latencies.SelectMany(l => l).Order().ToArray();
        return FormattableString.Invariant(
            $"{Interlocked.Read(ref delivered) - before} {all[all.Length / 2]:F3} {all[all.Length * 99 / 100]:F3} {missing}");
    }

    private async Task<HubConnection> Connect(int i)
    {
        latencies[i] = [];
        var connection = new HubConnectionBuilder().WithUrl(urls[i % urls.Length] + "/scenario").Build();
        connection.On<string>("Message", text => Receive(i, text));
        await connection.StartAsync();
        await connection.InvokeAsync("Ready");
        return connection;
    }

    /// <summary>Takes the text NUMBER TIMESTAMP PADDING.</summary>
    private void Receive(int client, string text)
    {
        var parts = text.Split(' ', 3);
        Interlocked.Increment(ref delivered);
        if (timing)
        {
            latencies[client].Add(Stopwatch.GetElapsedTime(long.Parse(parts[1])).TotalMilliseconds);
        }
        if (Interlocked.Increment(ref arrived[int.Parse(parts[0])]) == clients && !timing)
        {
            room.Release();
        }
    }

    /// <summary>Sends without an answer, by a client of each server in turn.</summary>
    private Task Send(long due)
    {
        var number = sent++;
        return connections[number % urls.Length].SendAsync("All", $"{number} {due} {padding}");
    }

    /// <summary>Sends the next text when one has arrived at all clients, and waits for the last.</summary>
    private async Task Saturate(TimeSpan time)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time;)
        {
            await room.WaitAsync();
            await Send(0);
        }
        for (var i = 0; i < Outstanding; i++)
        {
            await room.WaitAsync();
        }
        room.Release(Outstanding);
    }

    /// <summary>Sends at fixed times, and returns how many deliveries are missing at the end.</summary>
    private async Task<long> SendAtRate()
    {
        var (start, first, before) = (Stopwatch.GetTimestamp(), sent, Interlocked.Read(ref delivered));
        for (var i = 0; Stopwatch.GetElapsedTime(start) < AtRate; i++)
        {
            var due = start + i * Stopwatch.Frequency / rate;
            var wait = TimeSpan.FromSeconds((double)(due - Stopwatch.GetTimestamp()) / Stopwatch.Frequency);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }
            await Send(due);
        }
        long Missing() => (long)(sent - first) * clients - (Interlocked.Read(ref delivered) - before);
        await Way.Eventually(() => Task.FromResult(Missing() == 0));
        return Missing();
    }
}
