using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Tokens: none, wrong, right, of another role, and one that expires.</summary>
internal static class Access
{
    public static async Task Run(Way way)
    {
        foreach (var (name, token) in new[] { ("without a token", null), ("with a wrong token", "wrong"), ("with a token", "one") })
        {
            await way.Step($"private hub {name}", async () =>
            {
                await using var connection = await way.Connect(0, token, "/private");
                return await connection.InvokeAsync<string>("WhoAmI");
            });
            await way.Step($"hub {name}", async () =>
            {
                await using var connection = await way.Connect(0, token);
                return await connection.InvokeAsync<string>("WhoAmI");
            });
        }
        foreach (var (name, token) in new[] { ("without a token", null), ("without the role", "one;user"), ("with the role", "one;admin") })
        {
            await way.Step($"method for a role, {name}", async () =>
            {
                await using var connection = await way.Connect(1, token);
                return await connection.InvokeAsync<string>("AdminOnly");
            });
        }
        await way.Step("token that expires", async () =>
        {
            var expiry = DateTimeOffset.UtcNow.AddSeconds(1).ToUnixTimeMilliseconds();
            await using var connection = way.Build(2, $"one;user;{expiry}", "/private");
            var closed = new TaskCompletionSource<string>();
            connection.Closed += e =>
            {
                closed.TrySetResult(e is null ? "without an error" : $"{e.GetType().Name}: {e.Message}");
                return Task.CompletedTask;
            };
            await connection.StartAsync();
            return "closed: " + await closed.Task;
        });
    }
}
