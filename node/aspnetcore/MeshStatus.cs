using System.Globalization;

namespace SignalMesh.AspNetCore;

/// <summary>Returns the state of the mesh as the node of this process sees it.</summary>
public interface IMeshStatus
{
    /// <summary>Asks the node. It may be called concurrently.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The state. If the node does not answer, <see cref="MeshStatus.Reason"/> is why.</returns>
    Task<MeshStatus> GetAsync(CancellationToken cancellationToken = default);
}

/// <summary>The state of the mesh.</summary>
public sealed class MeshStatus
{
    /// <summary>Whether the node answers.</summary>
    public bool Running { get; init; }

    /// <summary>Whether the node has joined the mesh and is not being stopped.</summary>
    public bool Ready { get; init; }

    /// <summary>"healthy", "degraded" or "isolated"; empty if the node does not answer.</summary>
    public string Health { get; init; } = "";

    /// <summary>The health in a sentence, or why the node does not answer.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Number of servers of the application that are alive, this one included.</summary>
    public int Servers { get; init; }

    /// <summary>Number of servers that failed, or were expected and not found.</summary>
    public int MissingServers { get; init; }

    /// <summary>Name of the node, as other servers show it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Version of the node.</summary>
    public string Version { get; init; } = "";

    /// <summary>Name of the mesh.</summary>
    public string Cache { get; init; } = "";

    /// <summary>Name of the application.</summary>
    public string Application { get; init; } = "";

    /// <summary>URL of the status page; null if the node was not started by this process.</summary>
    public Uri? StatusPage { get; init; }

    /// <summary>Process ID of the node; 0 if it was not started by this process.</summary>
    public int ProcessId { get; init; }

    internal static MeshStatus Parse(string info, NodeAddress at)
    {
        var rows = info.Split('\n', StringSplitOptions.TrimEntries).Select(l => l.Split(':', 2)).Where(r => r.Length == 2).ToLookup(r => r[0], r => r[1]);
        string Row(string key) => rows["signalmesh_" + key].FirstOrDefault() ?? "";
        int Number(string key) => int.TryParse(Row(key), NumberStyles.Integer, CultureInfo.InvariantCulture, out var n) ? n : 0;
        return new MeshStatus
        {
            Running = true,
            Ready = Row("ready") == "true",
            Health = Row("health"),
            Reason = Row("health_reason"),
            Servers = Number("servers"),
            MissingServers = Number("servers_missing"),
            Name = Row("name"),
            Version = Row("version"),
            Cache = Row("cache"),
            Application = Row("application"),
            StatusPage = string.IsNullOrEmpty(at.Admin) ? null : new Uri($"http://{at.Admin}/"),
            ProcessId = at.Pid,
        };
    }
}
