using StackExchange.Redis;

namespace SignalMesh.Interop;

/// <summary>Right, wrong and missing passwords at one endpoint.</summary>
internal static class Access
{
    public static async Task<int> Run(string endpoint, string password)
    {
        var right = $"{endpoint},password={password}";
        await Report.Outcome("right password", () => Connect(right));
        await Report.Outcome("wrong password", () => Connect($"{endpoint},password=wrong"));
        await Report.Outcome("no password", () => Connect(endpoint));
        using var stop = new CancellationTokenSource();
        var neighbour = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Connect($"{endpoint},password=wrong");
            }
        });
        await Report.Outcome("20 right passwords beside a neighbour with a wrong password", async () =>
        {
            var refused = 0;
            for (var i = 0; i < 20; i++)
            {
                refused += await Connect(right) == "connected" ? 0 : 1;
            }
            return $"{refused} refused";
        });
        stop.Cancel();
        await neighbour;
        return 0;
    }

    private static async Task<string> Connect(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.ConnectTimeout = 2000;
        options.ConnectRetry = 0;
        try
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            return "connected";
        }
        catch (RedisConnectionException)
        {
            return "refused";
        }
    }
}
