namespace SignalMesh.Interop;

/// <summary>
/// A server with two endpoints, of which the first is stopped, and a server that keeps its
/// endpoint and sends numbered messages during that time.
/// </summary>
internal static class Move
{
    public static async Task<int> Run(string moving, string steady)
    {
        await using var first = await Server.Start(moving);
        await using var second = await Server.Start(steady);
        await using var receiver = await Browser.Connect("a1", first.Url);
        await using var sender = await Browser.Connect("b1", second.Url);
        await sender.Invoke("All", "ready");
        await Report.Eventually(() => Task.FromResult(receiver.Count("ready") == 1));
        Console.WriteLine("started");
        var stop = Task.Run(Console.In.ReadLine); // returns when the first endpoint has ended
        var sent = 0;
        for (; !stop.IsCompleted; await Task.Delay(1))
        {
            await sender.Invoke("All", $"number {sent++}");
        }
        await Report.Outcome("after the first endpoint stopped", async () =>
        {
            // StackExchange.Redis may still subscribe at the second endpoint. Messages sent before that are lost.
            var arrived = await Report.Eventually(async () =>
            {
                await sender.Invoke("All", "last");
                return receiver.Count("last") > 0;
            });
            return arrived ? "messages arrive" : "no message arrives";
        });
        var numbers = receiver.Texts.Where(t => t.StartsWith("number ")).ToArray();
        Report.Step("numbers", $"lost {sent - numbers.Distinct().Count()} twice {numbers.Length - numbers.Distinct().Count()} of {sent}");
        await Report.Outcome("from the moved server", async () =>
        {
            await receiver.Invoke("All", "back");
            return (await Report.Eventually(() => Task.FromResult(sender.Count("back") == 1))).ToString();
        });
        return 0;
    }
}
