using StackExchange.Redis;

namespace SignalMesh.Interop;

/// <summary>
/// A server with the sample's AddNCache, started before its endpoint. Messages of another
/// publisher must arrive when the endpoint has started.
/// </summary>
internal static class Late
{
    public static async Task<int> Run(string endpoint, string prefix)
    {
        await using var server = await Server.Start(signalR => signalR.AddNCache(o =>
        {
            o.CacheName = "demo";
            o.ApplicationID = prefix;
            o.Door = endpoint;
        }));
        Console.WriteLine("started");
        await Task.Run(Console.In.ReadLine); // returns when the endpoint has started
        await Report.Outcome("started before its endpoint", async () =>
        {
            await using var browser = await Browser.Connect("e1", server.Url);
            await browser.Invoke("All", "hello");
            await browser.Invoke("Join", "red");
            await browser.Invoke("Group", "red", "in the group");
            var arrived = await Report.Eventually(() => Task.FromResult(browser.Count("hello") == 1 && browser.Count("in the group") == 1));
            return arrived ? "messages arrive" : "no message arrives";
        });
        return 0;
    }
}
