using System.Diagnostics;
using Microsoft.AspNetCore.SignalR;

namespace SignalMesh.Interop;

/// <summary>
/// The scenario: two servers in this process and one in another, with clients at each.
/// </summary>
internal sealed class Chat
{
    private readonly string[] configurations;
    private readonly List<Browser> browsers = [];
    private int markers;

    private Chat(string[] configurations) => this.configurations = configurations;

    public static async Task<int> Run(string[] configurations)
    {
        await new Chat(configurations).Run();
        return 0;
    }

    private async Task Run()
    {
        await using var first = await Server.Start(configurations[0]);
        await using var second = await Server.Start(configurations[1]);
        foreach (var (name, server) in new[] { ("a1", first), ("a2", first), ("b1", second), ("b2", second) })
        {
            browsers.Add(await Browser.Connect(name, server.Url, messagePack: name.EndsWith('2')));
        }
        Report.Step("connect", string.Join(" ", browsers.Select(b => b.Name)));
        await Audiences();
        await Groups();
        await Values();
        await Results(first, second);
        await Crash(first);
        foreach (var browser in browsers)
        {
            await browser.DisposeAsync();
        }
    }

    private Browser this[string name] => browsers.Single(b => b.Name == name);

    /// <summary>
    /// Sends, and reports who received the text and how often. A marker to all clients follows
    /// on the same way; what has not arrived before the marker never arrives.
    /// </summary>
    private async Task Send(string step, string from, string method, params object?[] arguments)
    {
        await Report.Outcome(step, async () =>
        {
            var text = step;
            await this[from].Invoke(method, [.. arguments, text]);
            await Marker(from);
            // Channels are handled concurrently in a server: give the slower ones a moment.
            for (var unchanged = 0; unchanged < 5; unchanged++)
            {
                var before = browsers.Sum(b => b.Count(text));
                await Task.Delay(10);
                unchanged = browsers.Sum(b => b.Count(text)) == before ? unchanged : -1;
            }
            return string.Join(" ", browsers.Where(b => b.Count(text) > 0).Select(b => $"{b.Name}×{b.Count(text)}"));
        });
    }

    private async Task Marker(string from)
    {
        var marker = $"marker {++markers}";
        await this[from].Invoke("All", marker);
        await Report.Eventually(() => Task.FromResult(browsers.All(b => b.Count(marker) == 1)));
    }

    private async Task Audiences()
    {
        foreach (var from in new[] { "a1", "b2" })
        {
            await Send($"all from {from}", from, "All");
            await Send($"others from {from}", from, "Others");
            await Send($"all except a2 from {from}", from, "AllExcept", this["a2"].Id);
            await Send($"client a1 from {from}", from, "Client", this["a1"].Id);
            await Send($"clients a2, b1 from {from}", from, "ClientsOf", (object)new[] { this["a2"].Id, this["b1"].Id });
            await Send($"client nobody from {from}", from, "Client", "nobody");
            await Send($"user of a1, a2 from {from}", from, "User", "user-a");
            await Send($"user nobody from {from}", from, "User", "nobody");
        }
    }

    private async Task Groups()
    {
        await this["a1"].Invoke("Join", "red");
        await this["b1"].Invoke("Join", "red");
        await this["a1"].Invoke("JoinFor", this["b2"].Id, "red");
        await Send("group", "a2", "Group", "red");
        await Send("others in group", "a1", "OthersInGroup", "red");
        await Send("group with a star", "a1", "Group", "r*");
        await this["a1"].Invoke("JoinFor", this["b2"].Id, "red");
        await Send("joined twice", "a2", "Group", "red");
        await this["a2"].Invoke("LeaveFor", this["b1"].Id, "red");
        await Send("left by another server", "b2", "Group", "red");
        await Report.Outcome("leave a group without being in it", async () =>
        {
            await this["a1"].Invoke("LeaveFor", this["b1"].Id, "blue");
            return "done";
        });
    }

    private async Task Values()
    {
        await Report.Outcome("large text", async () =>
        {
            var text = new string('x', 1 << 20);
            await this["a1"].Invoke("All", text);
            return (await Report.Eventually(() => Task.FromResult(browsers.All(b => b.Count(text) == 1)))).ToString();
        });
        await Report.Outcome("500 numbered texts of each server", async () =>
        {
            await Task.WhenAll(this["a1"].Invoke("Numbers", "a", 500), this["b1"].Invoke("Numbers", "b", 500));
            await Marker("a1");
            await Marker("b1");
            bool InOrder(Browser b, string head) =>
                b.Texts.Where(t => t.Length < 5 && t.StartsWith(head) && int.TryParse(t[1..], out _)).SequenceEqual(Enumerable.Range(0, 500).Select(i => head + i));
            return string.Join(" ", browsers.Select(b => $"{b.Name} {InOrder(b, "a")} {InOrder(b, "b")}"));
        });
    }

    private async Task Results(Server first, Server second)
    {
        foreach (var name in new[] { "a1", "b1", "b2" })
        {
            await Report.Outcome($"result of {name}", () => Ask(first, this[name].Id, "why"));
            await Report.Failure($"error of {name}", () => Ask(second, this[name].Id, "fail"));
        }
        await Report.Failure("result of nobody", () => Ask(first, "nobody", "why"));
        var gone = await Browser.Connect("c1", second.Url);
        var id = gone.Id;
        await Report.Outcome("result of c1", () => Ask(first, id, "why"));
        await gone.DisposeAsync();
        await Report.Eventually(() => Gone(first, id));
        await Report.Failure("result of c1, which left", () => Ask(first, id, "why", "c1"));
    }

    private static async Task<bool> Gone(Server server, string id)
    {
        try
        {
            await Ask(server, id, "why");
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (HubException)
        {
            return false; // it was leaving
        }
    }

    /// <summary>
    /// Asks a client. A client that leaves may never answer, so the wait is bounded:
    /// then InvokeAsync throws a HubException.
    /// </summary>
    private static async Task<string> Ask(Server server, string id, string question, string? name = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            return await server.Hub.Clients.Client(id).InvokeAsync<string>("Ask", question, limit.Token);
        }
        catch (IOException e) when (name is not null)
        {
            throw new IOException(e.Message.Replace(id, name)); // the same text in every run
        }
    }

    /// <summary>Kills the process of a server, and asks its client immediately.</summary>
    private async Task Crash(Server first)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Chat).Assembly.Location, "serve", configurations[1]])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var url = await process.StandardOutput.ReadLineAsync() ?? throw new IOException("the server did not start");
        var browser = await Browser.Connect("d1", url);
        var id = browser.Id;
        await Report.Outcome("result of d1", () => Ask(first, id, "why"));
        process.Kill();
        await process.WaitForExitAsync();
        await Task.Delay(100); // until the connections of the process are closed
        await Report.Failure("result of d1, whose server was killed", () => Ask(first, id, "why", "d1"));
        await browser.DisposeAsync();
        await Send("all after a crash", "a1", "All");
    }
}
