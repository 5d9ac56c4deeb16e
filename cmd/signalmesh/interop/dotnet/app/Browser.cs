using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>A client of a server, which records the texts that it receives.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly HubConnection connection;
    private readonly ConcurrentQueue<string> texts = new();

    private Browser(string name, HubConnection connection)
    {
        Name = name;
        this.connection = connection;
    }

    public string Name { get; }

    public string Id => connection.ConnectionId!;

    public IReadOnlyList<string> Texts => texts.ToArray();

    public static async Task<Browser> Connect(string name, string url, bool messagePack = false)
    {
        var builder = new HubConnectionBuilder().WithUrl(url, o => o.Headers["X-User"] = "user-" + name[..1]);
        if (messagePack)
        {
            builder.AddMessagePackProtocol();
        }
        var connection = builder.Build();
        connection.ServerTimeout = Report.Patience;
        var browser = new Browser(name, connection);
        connection.On<string>("Message", browser.texts.Enqueue);
        connection.On<string, string>("Ask", question => question == "fail"
            ? throw new InvalidOperationException("no answer")
            : Task.FromResult($"{name} answers {question}"));
        await connection.StartAsync();
        await connection.InvokeAsync("Ready");
        return browser;
    }

    public Task Invoke(string method, params object?[] arguments) => connection.InvokeCoreAsync(method, arguments);

    public int Count(string text) => texts.Count(t => t == text);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
