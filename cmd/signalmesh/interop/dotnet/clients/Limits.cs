using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Messages up to the limit of 32 KiB and over it.</summary>
internal static class Limits
{
    public static async Task Run(Way way)
    {
        await using (var connection = await way.Connect(0))
        {
            await way.Step("message below the limit", async () => (await connection.InvokeAsync<int>("Length", new string('x', 32000))).ToString());
            await way.Step("long result", async () => (await connection.InvokeAsync<string>("Repeat", "0123456789", 30000)).Length.ToString());
        }
        foreach (var length in new[] { 33000, 1 << 20 })
        {
            await way.Step($"message of {length} characters", async () =>
            {
                await using var connection = await way.Connect(1);
                var closed = new TaskCompletionSource<string>();
                connection.Closed += e =>
                {
                    closed.TrySetResult(e is null ? "without an error" : $"{e.GetType().Name}: {e.Message}");
                    return Task.CompletedTask;
                };
                var outcome = "no exception";
                try
                {
                    await connection.InvokeAsync<int>("Length", new string('x', length));
                }
                catch (Exception e)
                {
                    outcome = $"{e.GetType().Name}: {e.Message}";
                }
                return $"{outcome}; closed: {await closed.Task}";
            });
        }
    }
}
