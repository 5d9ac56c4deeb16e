using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Streams in both directions, their errors, and their cancellation.</summary>
internal static class Streams
{
    public static async Task Run(Way way)
    {
        await using var connection = await way.Connect(0);

        async Task<string> All<T>(IAsyncEnumerable<T> stream)
        {
            var items = new List<T>();
            try
            {
                await foreach (var item in stream)
                {
                    items.Add(item);
                }
            }
            catch (Exception e)
            {
                return $"{string.Join(",", items)} then {e.GetType().Name}: {e.Message}";
            }
            return string.Join(",", items);
        }

        await way.Step("stream", () => All(connection.StreamAsync<int>("Count", 10)));
        await way.Step("stream of a channel", () => All(connection.StreamAsync<int>("CountChannel", 10)));
        await way.Step("stream without items", () => All(connection.StreamAsync<int>("Count", 0)));
        await way.Step("stream of 2,000 items", async () => (await All(connection.StreamAsync<int>("Count", 2000))).Length.ToString());
        await way.Step("stream as a channel", async () =>
            await All((await connection.StreamAsChannelAsync<int>("Count", 3)).ReadAllAsync()));
        await way.Step("stream that fails", () => All(connection.StreamAsync<int>("CountAndFail", 2, "for the client")));
        await way.Step("stream that fails inside", () => All(connection.StreamAsync<int>("CountAndFailInside", 2)));
        await way.Step("stream of an unknown method", () => All(connection.StreamAsync<int>("Nothing")));
        await way.Step("stream of a method without a stream", () => All(connection.StreamAsync<int>("Length", "text")));
        await way.Step("call of a method with a stream", async () => (await connection.InvokeAsync<int>("Count", 3)).ToString());
        await way.Step("stream with a wrong argument", () => All(connection.StreamAsync<int>("Count", "text")));
        await way.Step("cancelled stream", async () =>
        {
            var n = 0;
            using var cancel = new CancellationTokenSource();
            try
            {
                await foreach (var i in connection.StreamAsync<int>("Ticks", cancel.Token))
                {
                    if (++n == 3)
                    {
                        cancel.Cancel();
                    }
                }
            }
            catch (OperationCanceledException)
            {
            }
            var ended = await Way.Eventually(async () => await connection.InvokeAsync<int>("Streaming") == 0);
            return $"{n >= 3}, ended at the server: {ended}";
        });
        await way.Step("upload", async () => (await connection.InvokeAsync<long>("Sum", Numbers(1, 100))).ToString());
        await way.Step("upload of a channel", () => connection.InvokeAsync<string>("Concat", Words("a", "b", "c")));
        await way.Step("upload that fails", async () => (await connection.InvokeAsync<long>("Sum", Failing())).ToString());
        await way.Step("upload with a wrong item", async () => (await connection.InvokeAsync<long>("Sum", Texts())).ToString());
        await way.Step("upload and stream", () => All(connection.StreamAsync<int>("Double", Ints(5))));
        await way.Step("upload without an answer", async () =>
        {
            await connection.SendAsync("Sum", Numbers(1, 10));
            await connection.InvokeAsync("Ready");
            return "sent";
        });
    }

    private static async IAsyncEnumerable<long> Numbers(long from, long to)
    {
        for (var i = from; i <= to; i++)
        {
            yield return i;
        }
        await Task.CompletedTask;
    }

    private static async IAsyncEnumerable<int> Ints(int n)
    {
        for (var i = 0; i < n; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static async IAsyncEnumerable<long> Failing()
    {
        yield return 1;
        await Task.Yield();
        throw new InvalidOperationException("the client failed");
    }

    private static async IAsyncEnumerable<string> Texts()
    {
        yield return "text";
        await Task.CompletedTask;
    }

    private static ChannelReader<string> Words(params string[] words)
    {
        var channel = Channel.CreateUnbounded<string>();
        foreach (var word in words)
        {
            channel.Writer.TryWrite(word);
        }
        channel.Writer.Complete();
        return channel.Reader;
    }
}
