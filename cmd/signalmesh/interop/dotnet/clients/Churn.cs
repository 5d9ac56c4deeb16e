using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>
/// Numbered messages from a sender at each server to all clients, while some clients leave
/// and others come. Each line of the input begins a phase with that name. The program
/// answers it when every client has received messages of the new phase from every sender.
/// At the end it prints how many messages of each phase were lost, for each sender's and
/// receiver's server.
/// </summary>
internal sealed class Churn(string[] urls, int clients)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200), Recovery = TimeSpan.FromSeconds(30);

    private readonly List<string>[] sent = urls.Select(_ => new List<string>()).ToArray(); // the phases of the numbers
    private readonly HashSet<int>[] refused = urls.Select(_ => new HashSet<int>()).ToArray();
    private readonly ConcurrentBag<Numbers> gone = [];
    private readonly CancellationTokenSource ending = new();
    private List<Numbers> stay = [];
    private volatile string phase = "calm";

    public static Task<int> Run(int clients, string[] urls) => new Churn(urls, clients).Run();

    private async Task<int> Run()
    {
        for (var i = 0; i < clients; i += 50)
        {
            stay.AddRange(await Task.WhenAll(Enumerable.Range(i, Math.Min(50, clients - i)).Select(n => Numbers.Connect(urls, n % urls.Length))));
        }
        var running = urls.Select((_, i) => Task.Run(() => Send(i))).Append(Task.Run(ComeAndGo)).ToArray();
        await Arrived();
        Console.WriteLine("phase calm");
        while (await Task.Run(Console.In.ReadLine) is { } line)
        {
            phase = line;
            if (!await Arrived())
            {
                Console.WriteLine($"phase {line}: messages do not arrive");
                return 1;
            }
            Console.WriteLine($"phase {line}");
        }
        ending.Cancel();
        await Task.WhenAll(running);
        await Way.Eventually(() => Task.FromResult(Enumerable.Range(0, urls.Length).All(s => stay.All(c => c.Last(s) == sent[s].Count - 1))));
        Print();
        return 0;
    }

    /// <summary>Waits until all have received a message that each sender sends from now on.</summary>
    private async Task<bool> Arrived()
    {
        var from = sent.Select(Count).ToArray();
        for (var end = DateTime.UtcNow + Recovery; DateTime.UtcNow < end; await Task.Delay(20))
        {
            if (stay.All(c => from.Select((n, s) => c.Last(s) >= n).All(x => x)))
            {
                return true;
            }
        }
        return false;
    }

    private static int Count(List<string> list)
    {
        lock (list)
        {
            return list.Count;
        }
    }

    private async Task Send(int server)
    {
        var sender = stay.First(c => c.Server == server).Connection;
        while (!ending.IsCancellationRequested)
        {
            int number;
            lock (sent[server])
            {
                number = sent[server].Count;
                sent[server].Add(phase);
            }
            try
            {
                await sender.InvokeAsync("All", $"{server} {number}");
            }
            catch (HubException)
            {
                refused[server].Add(number);
            }
            await Task.Delay(Interval);
        }
    }

    private async Task ComeAndGo()
    {
        for (var i = 0; !ending.IsCancellationRequested; i++)
        {
            Numbers client;
            try
            {
                client = await Numbers.Connect(urls, i % urls.Length);
            }
            catch (Exception e) when (phase != "calm")
            {
                // A server that is cut off its backplane may refuse clients.
                Console.Error.WriteLine($"a client was refused in the phase {phase}: {e.Message}");
                continue;
            }
            await Task.WhenAny(Task.Delay(100), Task.Delay(Timeout.Infinite, ending.Token));
            await client.Connection.DisposeAsync();
            gone.Add(client);
        }
    }

    private void Print()
    {
        var lost = new SortedDictionary<string, int>();
        var permanent = stay.ToHashSet();
        foreach (var client in stay.Concat(gone))
        {
            for (var s = 0; s < urls.Length; s++)
            {
                var of = client.Of(s).ToHashSet();
                var (from, to) = permanent.Contains(client) ? (0, sent[s].Count - 1) : of.Count > 0 ? (of.Min(), of.Max()) : (0, -1);
                for (var n = from; n <= to; n++)
                {
                    var key = $"{sent[s][n]} {s} {client.Server}";
                    lost[key] = lost.GetValueOrDefault(key) + (of.Contains(n) || refused[s].Contains(n) ? 0 : 1);
                }
            }
        }
        foreach (var (key, count) in lost)
        {
            Console.WriteLine($"lost {key} {count}");
        }
        Console.WriteLine($"disorder {stay.Concat(gone).Sum(c => c.Disorder)}");
        Console.WriteLine($"total {stay.Count} {gone.Count} {stay.Concat(gone).Sum(c => Enumerable.Range(0, urls.Length).Sum(s => c.Of(s).Length))} {refused.Sum(r => r.Count)}");
    }
}
