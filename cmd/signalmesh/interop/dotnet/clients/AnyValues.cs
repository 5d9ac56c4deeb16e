using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Values that a method of type object, or any in Go, returns.</summary>
internal static class AnyValues
{
    public static async Task Run(Way way)
    {
        await using var connection = await way.Connect(0);

        async Task Echo<T>(params T[] values)
        {
            foreach (var value in values)
            {
                await way.Step($"any {typeof(T).Name} {Text.Of(value)}", async () => Text.Of(await connection.InvokeAsync<T>("EchoAny", value)));
            }
        }

        await way.Step("any null", async () => Text.Of(await connection.InvokeAsync<object?>("EchoAny", (object?)null)));
        await Echo(true);
        await Echo(0, int.MinValue, int.MaxValue);
        await Echo(long.MinValue, 9007199254740993, long.MaxValue);
        await Echo(ulong.MaxValue);
        await Echo(0.1f, 16777217f);
        await Echo(0.1, 1e21, -0.0);
        await Echo(1.10m, decimal.MaxValue);
        await Echo("", "text");
        await Echo(new byte[] { 0, 255 });
        await Echo(new DateTime(2024, 2, 29, 23, 59, 58, 999, DateTimeKind.Utc));
        await Echo(new DateTimeOffset(2024, 2, 29, 3, 4, 5, TimeSpan.FromHours(1)));
        await Echo(new TimeSpan(1, 2, 3, 4));
        await Echo(new DateOnly(2024, 2, 29));
        await Echo(new TimeOnly(1, 2, 3));
        await Echo('a');
        await Echo(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"));
        await Echo(Color.Green);
        await Echo(Day.Tuesday);
        await Echo(new[] { 1, 2 });
        await Echo(new Dictionary<string, int> { ["one"] = 1 });
        await Echo(new Dictionary<int, string> { [1] = "one", [-2] = "minus two" });
        await Echo(new Dictionary<long, float> { [9007199254740993] = 0.5f });
        await Echo(new Point { X = 3, Y = 4 });
    }
}
