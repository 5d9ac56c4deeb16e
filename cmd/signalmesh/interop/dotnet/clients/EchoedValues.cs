using System.Globalization;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Values of every type that a method of the same type returns.</summary>
internal static class EchoedValues
{
    public static async Task Run(Way way)
    {
        await using var connection = await way.Connect(0);

        async Task Echo<T>(string method, params T[] values)
        {
            foreach (var value in values)
            {
                await way.Step($"{method} {Text.Of(value)}", async () => Text.Of(await connection.InvokeAsync<T>("Echo" + method, value)));
            }
        }

        await Echo("Bool", true, false);
        await Echo("Byte", byte.MinValue, byte.MaxValue);
        await Echo("Short", short.MinValue, short.MaxValue);
        await Echo("Int", int.MinValue, 0, int.MaxValue);
        await Echo("Long", long.MinValue, -9007199254740993, 9007199254740993, long.MaxValue);
        await Echo("ULong", 0UL, 9007199254740993UL, ulong.MaxValue);
        await Echo("Float", 0.1f, float.MinValue, float.Epsilon, 16777216f);
        await Echo("Double", 0.1, -0.0, double.MaxValue, double.Epsilon, 1e21);
        await Echo("Decimal", 0m, 1.10m, 0.1m, decimal.MaxValue, decimal.MinValue, 79228162514264337593543950.335m);
        await Echo("String", "", "text", "\u0000\u001f\"\\/<>&'", "zażółć 漢字 👍 \u2028");
        await Echo<string?>("Text", null, "text");
        await Echo<int?>("Nullable", null, 7);
        await Echo("Bytes", Array.Empty<byte>(), new byte[] { 0, 1, 127, 128, 255 });
        await Echo("DateTime", DateTime.UnixEpoch, new DateTime(2024, 2, 29, 23, 59, 58, 999, DateTimeKind.Utc).AddTicks(1234), DateTime.MinValue, DateTime.MaxValue);
        await Echo("DateTimeOffset", DateTimeOffset.UnixEpoch, new DateTimeOffset(2024, 2, 29, 3, 4, 5, TimeSpan.FromHours(1)),
            new DateTimeOffset(2024, 2, 29, 3, 4, 5, 678, TimeSpan.FromMinutes(-210)));
        await Echo("TimeSpan", TimeSpan.Zero, TimeSpan.FromTicks(-1), new TimeSpan(1, 2, 3, 4, 5), TimeSpan.FromDays(100000), TimeSpan.MaxValue, TimeSpan.MinValue);
        await Echo("DateOnly", DateOnly.MinValue, new DateOnly(2024, 2, 29), DateOnly.MaxValue);
        await Echo("TimeOnly", TimeOnly.MinValue, new TimeOnly(23, 59, 58, 999), TimeOnly.MaxValue);
        await Echo("Char", 'a', '"', 'ż', '漢');
        await Echo("Guid", Guid.Empty, Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"));
        await Echo("Ints", Array.Empty<int>(), new[] { 1, -2, 3 });
        await Echo("Names", new Dictionary<string, int> { ["one"] = 1, ["Zwei"] = 2 });
        await Echo("Numbered", new Dictionary<int, string> { [1] = "one", [-2] = "minus two" });
        await Echo("Point", new Point { X = 3, Y = -4 });
        await Echo("Order", new Order
        {
            Title = "first", Count = 9007199254740993, Price = 1.5, Paid = true, Tags = ["a", "b"], Notes = new() { ["Key"] = "v" }, Image = [0, 255],
            Created = DateTime.UnixEpoch, Previous = new Order { Title = "before", Created = DateTime.UnixEpoch },
        });
        await Echo("Color", Color.Green); // a text in both protocols
        await Echo("Day", Day.Tuesday); // a number in JSON
        await way.Step("name of an enum", () => connection.InvokeAsync<string>("NameOf", Color.Blue));
        await way.Step("name of an enum as a number", () => connection.InvokeAsync<string>("NameOf", way.MessagePack ? Color.Blue : 2));
        await way.Step("name of an enum without a name", () => connection.InvokeAsync<string>("NameOf", (Color)7));
    }
}
