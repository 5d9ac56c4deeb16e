using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>
/// Clients of the sample of the documentation for AddStackExchangeRedis. The first one connects
/// before the endpoint of the server has started, the second one afterwards.
/// </summary>
internal static class Late
{
    public static async Task<int> Run(string url)
    {
        await using var early = await Client.Connect(url);
        Console.WriteLine("started");
        await Task.Run(Console.In.ReadLine); // returns when the endpoint has started
        await Report.Outcome("started before its endpoint", async () =>
        {
            await using var late = await Client.Connect(url);
            foreach (var client in new[] { early, late })
            {
                await client.Invoke("Join", "red");
            }
            await late.Invoke("Send", "late", "hello");
            await late.Invoke("SendToRoom", "red", "late", "in the room");
            var arrived = await Report.Eventually(() => Task.FromResult(new[] { early, late }.All(c => c.Has("hello") && c.Has("in the room"))));
            return arrived ? "messages arrive" : "no message arrives";
        });
        return 0;
    }

    /// <summary>A client of the hub of the sample.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly HubConnection connection;
        private readonly ConcurrentQueue<string> texts = new();

        private Client(HubConnection connection) => this.connection = connection;

        public static async Task<Client> Connect(string url)
        {
            var client = new Client(new HubConnectionBuilder().WithUrl(url).Build());
            client.connection.On<string, string>("ReceiveMessage", (_, text) => client.texts.Enqueue(text));
            await client.connection.StartAsync();
            return client;
        }

        public Task Invoke(string method, params object?[] arguments) => connection.InvokeCoreAsync(method, arguments);

        public bool Has(string text) => texts.Contains(text);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
