using StackExchange.Redis;

namespace SignalMesh.Interop;

/// <summary>Prints the outcome of each step as one line, "step: outcome".</summary>
internal static class Report
{
    /// <summary>How long a step may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The longest time of an operation that has to fail immediately.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(3);

    private static readonly object Lock = new();

    public static void Step(string step, string outcome)
    {
        lock (Lock)
        {
            Console.WriteLine($"{step}: {outcome}");
        }
    }

    /// <summary>Reports the result of an operation, or the type and text of its exception.</summary>
    public static async Task Outcome(string step, Func<Task<string>> operation)
    {
        string outcome;
        try
        {
            outcome = await operation().WaitAsync(Patience);
        }
        catch (Exception e)
        {
            outcome = $"{e.GetType().Name}: {e.Message}";
        }
        Step(step, outcome);
    }

    /// <summary>Reports how an operation fails, and whether it fails immediately.</summary>
    public static async Task Failure(string step, Func<Task> operation)
    {
        var started = DateTime.UtcNow;
        string outcome;
        try
        {
            await operation().WaitAsync(Patience);
            outcome = "no exception";
        }
        catch (Exception e)
        {
            outcome = $"{e.GetType().Name}: {e.Message}";
        }
        var late = DateTime.UtcNow - started > AtOnce;
        Step(step, outcome + (late ? " (late)" : " (at once)"));
    }

    /// <summary>Waits until something is so.</summary>
    public static async Task<bool> Eventually(Func<Task<bool>> isSo)
    {
        for (var end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; await Task.Delay(20))
        {
            if (await isSo())
            {
                return true;
            }
        }
        return false;
    }

    public static int Usage()
    {
        Console.Error.WriteLine("usage: see Program.cs");
        return 2;
    }

    /// <summary>The version of StackExchange.Redis that was built in.</summary>
    public static string RedisVersion => typeof(ConnectionMultiplexer).Assembly.GetName().Version!.ToString(2);
}
