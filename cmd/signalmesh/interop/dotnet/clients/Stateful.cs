using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Stateful reconnect: the network is cut under numbered messages in both directions.</summary>
internal static class Stateful
{
    private const int Messages = 300, Cuts = 3;

    public static async Task Run(Way way)
    {
        using var cable = new Cable(new Uri(way.Url(0)));
        await using var connection = way.Build(cable.Url, null, more: builder => builder.WithStatefulReconnect());
        await using var other = await way.Connect(1);
        var received = new ConcurrentQueue<string>();
        var closed = 0;
        connection.On<string>("Message", received.Enqueue);
        connection.Closed += _ =>
        {
            closed++;
            return Task.CompletedTask;
        };
        await way.Step("stateful reconnect", async () =>
        {
            await connection.StartAsync();
            await connection.InvokeAsync("Ready");
            var id = connection.ConnectionId!;
            for (var i = 0; i < Messages; i++)
            {
                switch (i % (Messages / Cuts))
                {
                    case 45: // a cut during the recovery from another one may end the connection
                        await Way.Eventually(() => Task.FromResult(received.Count >= 2 * i));
                        break;
                    case 50: // the last messages may be on their way
                        await cable.Cut();
                        break;
                }
                await connection.SendAsync("Caller", $"own {i}");
                await other.SendAsync("Client", id, $"far {i}");
            }
            await Way.Eventually(() => Task.FromResult(received.Count >= 2 * Messages));
            return string.Join(" ", new[] { "own", "far" }.Select(kind =>
            {
                var of = received.Where(t => t.StartsWith(kind)).ToArray();
                return $"{kind}: {of.Length}, in order: {of.SequenceEqual(Enumerable.Range(0, Messages).Select(i => $"{kind} {i}"))}";
            })) + $"; cuts {cable.Cuts}, closed {closed}, same ID {id == connection.ConnectionId}";
        });
    }
}
