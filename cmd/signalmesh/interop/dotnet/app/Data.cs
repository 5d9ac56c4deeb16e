using StackExchange.Redis;

namespace SignalMesh.Interop;

/// <summary>Commands that need stored data, which only a Redis server has.</summary>
internal static class Data
{
    public static async Task<int> Run(string configuration)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(configuration);
        var database = connection.GetDatabase();
        await Report.Failure("set", () => database.StringSetAsync("key-of-the-app", "value-of-the-app"));
        await Report.Failure("get", () => database.StringGetAsync("key-of-the-app"));
        await Report.Failure("hash", () => database.HashSetAsync("key-of-the-app", "field", "value-of-the-app"));
        return 0;
    }
}
