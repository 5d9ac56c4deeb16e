using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Results of clients, errors of calls, and ends of connections.</summary>
internal static class Results
{
    public static async Task Run(Way way)
    {
        await using var asking = await way.Connect(0);
        await using var near = await Answering(way, 0);
        await using var far = await Answering(way, 1);

        foreach (var (where, other) in new[] { ("of the same server", near), ("of another server", far) })
        {
            var id = other.ConnectionId!;
            await way.Step($"result of a client {where}", () => asking.InvokeAsync<string>("Ask", id, "why"));
            await way.Step($"client {where} that fails", () => asking.InvokeAsync<string>("Ask", id, "fail"));
            await way.Step($"number of a client {where} that returns a text", async () =>
                (await asking.InvokeAsync<int>("AskNumber", id, "why")).ToString());
            await way.Step($"client {where} without the method", () => asking.InvokeAsync<string>("AskNothing", id));
        }
        await way.Step("result of an unknown client", () => asking.InvokeAsync<string>("Ask", "nobody", "why"));
        await way.Step("result of a client that leaves", async () =>
        {
            var leaving = await Answering(way, 1);
            var answer = asking.InvokeAsync<string>("Ask", leaving.ConnectionId!, "wait");
            await Way.Eventually(() => Task.FromResult(waiting > 0));
            await leaving.DisposeAsync();
            return await answer;
        });

        await way.Step("error for the client", () => asking.InvokeAsync<string>("Fail", "for the client"));
        await way.Step("empty error for the client", () => asking.InvokeAsync<string>("Fail", ""));
        await way.Step("error inside", () => asking.InvokeAsync<string>("FailInside"));
        await way.Step("unknown method", () => asking.InvokeAsync<string>("Nothing"));
        await way.Step("method in other case", () => asking.InvokeAsync<string>("tWO", 1, "x"));
        await way.Step("too few arguments", () => asking.InvokeAsync<string>("Two", 1));
        await way.Step("too many arguments", () => asking.InvokeAsync<string>("Two", 1, "x", 2));
        await way.Step("argument of another type", () => asking.InvokeAsync<string>("Two", "x", 1));
        await way.Step("null for a number", () => asking.InvokeAsync<string>("Two", null, "x"));
        await way.Step("result for a method without one", async () => await asking.InvokeAsync<string>("Ready") ?? "null");
        await way.Step("pushed values", async () =>
        {
            var pushed = new TaskCompletionSource<string>();
            using var _ = asking.On<long, string, byte[], DateTime, Point, string?>("Pushed", (n, s, b, t, p, nothing) =>
                pushed.TrySetResult($"{n} {s} {Convert.ToHexString(b)} {t.ToUniversalTime():O} {p.X},{p.Y} {nothing ?? "null"}"));
            await asking.InvokeAsync("Push");
            return await pushed.Task;
        });
        await way.Step("the server ends the connection", async () =>
        {
            await using var ending = await way.Connect(2);
            var closed = new TaskCompletionSource<string>();
            ending.Closed += e =>
            {
                closed.TrySetResult(e is null ? "without an error" : $"{e.GetType().Name}: {e.Message}");
                return Task.CompletedTask;
            };
            await ending.SendAsync("Abort");
            return await closed.Task;
        });
    }

    private static int waiting;

    private static async Task<HubConnection> Answering(Way way, int server)
    {
        var connection = way.Build(server, null);
        waiting = 0;
        connection.On<string, string>("Ask", async question =>
        {
            switch (question)
            {
                case "fail":
                    throw new InvalidOperationException("no answer");
                case "wait":
                    waiting++;
                    await Task.Delay(Timeout.Infinite);
                    break;
            }
            return $"answer to {question}";
        });
        await connection.StartAsync();
        await connection.InvokeAsync("Ready");
        return connection;
    }
}
