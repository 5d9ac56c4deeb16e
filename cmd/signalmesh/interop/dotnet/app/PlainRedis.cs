using System.Collections.Concurrent;
using StackExchange.Redis;

namespace SignalMesh.Interop;

/// <summary>StackExchange.Redis without SignalR, with two connections.</summary>
internal static class PlainRedis
{
    public static async Task<int> Run(string first, string second)
    {
        await using var one = await ConnectionMultiplexer.ConnectAsync(first);
        await using var two = await ConnectionMultiplexer.ConnectAsync(second);
        var publisher = one.GetSubscriber();
        var subscriber = two.GetSubscriber();
        var channel = RedisChannel.Literal("news");
        var received = new ConcurrentQueue<string>();
        await Report.Outcome("publish without subscribers", async () => (await publisher.PublishAsync(channel, "x")).ToString());
        (await subscriber.SubscribeAsync(channel)).OnMessage(m => received.Enqueue(m.Message!));
        await Report.Outcome("publish with a subscriber", async () => (await publisher.PublishAsync(channel, "0")).ToString());
        var patterned = new ConcurrentQueue<string>();
        (await subscriber.SubscribeAsync(RedisChannel.Pattern("new*"))).OnMessage(m => patterned.Enqueue($"{m.Channel} {m.Message}"));
        await Report.Outcome("publish with a pattern", async () => (await publisher.PublishAsync(channel, "1")).ToString());
        await Report.Outcome("1,000 in order", async () =>
        {
            for (var i = 2; i < 1000; i++)
            {
                await publisher.PublishAsync(channel, i);
            }
            await Report.Eventually(() => Task.FromResult(received.Count >= 1000 && patterned.Count >= 999));
            return received.SequenceEqual(Enumerable.Range(0, 1000).Select(i => i.ToString())) + " " + patterned.Count;
        });
        await Report.Outcome("every byte", async () =>
        {
            var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
            var got = new TaskCompletionSource<byte[]>();
            await subscriber.SubscribeAsync(RedisChannel.Literal("bytes"), (_, data) => got.TrySetResult(data!));
            await publisher.PublishAsync(RedisChannel.Literal("bytes"), bytes);
            return (await got.Task).SequenceEqual(bytes).ToString();
        });
        await Report.Outcome("subscription count", async () =>
            (await one.GetServer(one.GetEndPoints()[0]).SubscriptionSubscriberCountAsync(channel)).ToString());
        await Report.Outcome("ping", async () => (await one.GetDatabase().PingAsync() < Report.Patience).ToString());
        await Report.Outcome("server type", () => Task.FromResult(
            $"{one.GetServer(one.GetEndPoints()[0]).ServerType} replica={one.GetServer(one.GetEndPoints()[0]).IsReplica}"));
        await subscriber.UnsubscribeAllAsync();
        await Report.Outcome("publish after unsubscribing", async () => (await publisher.PublishAsync(channel, "x")).ToString());
        return 0;
    }
}
