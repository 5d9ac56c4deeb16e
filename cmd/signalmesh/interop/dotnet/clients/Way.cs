using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace SignalMesh.Interop;

/// <summary>A transport and a hub protocol, with the servers.</summary>
internal sealed class Way(string[] urls, HttpTransportType transport, bool messagePack)
{
    /// <summary>How long a step may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public bool MessagePack => messagePack;

    public string Url(int server) => urls[server];

    /// <summary>Returns a connection that has not started, to the server with this number.</summary>
    public HubConnection Build(int server, string? token, string path = "/scenario", Action<IHubConnectionBuilder>? more = null) =>
        Build(urls[server], token, path, more);

    public HubConnection Build(string url, string? token, string path = "/scenario", Action<IHubConnectionBuilder>? more = null)
    {
        var builder = new HubConnectionBuilder().WithUrl(url + path, transport, o => o.AccessTokenProvider = () => Task.FromResult(token));
        if (messagePack)
        {
            builder.AddMessagePackProtocol();
        }
        more?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Returns a connection that the server has announced to the others.</summary>
    public async Task<HubConnection> Connect(int server, string? token = null, string path = "/scenario")
    {
        var connection = Build(server, token, path);
        await connection.StartAsync();
        await connection.InvokeAsync("Ready");
        return connection;
    }

    public void Print(string step, string outcome) =>
        Console.WriteLine($"{transport} {(messagePack ? "MessagePack" : "JSON")} | {step} | {outcome.ReplaceLineEndings(" ")}");

    /// <summary>Prints the result of an operation, or the type and text of its exception.</summary>
    public async Task Step(string step, Func<Task<string>> operation)
    {
        string outcome;
        try
        {
            outcome = await operation().WaitAsync(Patience);
        }
        catch (Exception e)
        {
            outcome = $"{e.GetType().Name}: {e.Message}";
        }
        Print(step, outcome);
    }

    /// <summary>Waits until something is so, and reports whether it is.</summary>
    public static async Task<bool> Eventually(Func<Task<bool>> isSo)
    {
        for (var end = DateTime.UtcNow + Patience * 0.75; DateTime.UtcNow < end; await Task.Delay(5))
        {
            if (await isSo())
            {
                return true;
            }
        }
        return false;
    }
}
