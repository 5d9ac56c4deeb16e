using System.Globalization;
using System.Net;
using Alachisoft.NCache.AspNetCore.SignalR;

namespace SignalMesh.AspNetCore;

/// <summary>What the node is started with. Secrets are in variables, because other users can read arguments.</summary>
internal static class NodeSettings
{
    private const int DefaultPort = 9800;

    // Servers on one machine find each other at the first of the ports that they use.
    private const int LocalPorts = 4;

    public static IEnumerable<string> Arguments(NCacheConfiguration options, int port) =>
        ["node", "--child", "--redis", $"127.0.0.1:{port}", "--admin", options.Mesh.Admin, "--log-format", "json"];

    public static IEnumerable<KeyValuePair<string, string?>> Variables(NCacheConfiguration options, string password, string contentRoot, bool debug)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}");
        var (servers, conf) = Servers(options, contentRoot);
        return new Dictionary<string, string?>
        {
            ["SIGNALMESH_REDIS_PASSWORD"] = password,
            ["SIGNALMESH_CACHE"] = options.CacheName,
            ["SIGNALMESH_APP"] = options.Application,
            ["SIGNALMESH_USER"] = options.UserID,
            ["SIGNALMESH_PASSWORD"] = options.Password,
            ["SIGNALMESH_LISTEN"] = options.Mesh.Listen,
            ["SIGNALMESH_ADVERTISE"] = options.Mesh.Advertise,
            ["SIGNALMESH_BOOTSTRAP"] = string.Join(',', servers),
            ["SIGNALMESH_NCCONF"] = conf,
            ["SIGNALMESH_NAME"] = Given("SIGNALMESH_NAME") ?? name,
            ["SIGNALMESH_LOG_LEVEL"] = Given("SIGNALMESH_LOG_LEVEL") ?? (debug ? "debug" : "info"),
        };
    }

    private static (IReadOnlyList<string> Servers, string? Conf) Servers(NCacheConfiguration options, string contentRoot)
    {
        var list = options.Mesh.Servers.Concat((options.ConnectionOptions?.ServerList ?? []).Select(Text)).Where(s => s.Length > 0).Distinct().ToList();
        if (list.Count > 0 || Given("SIGNALMESH_BOOTSTRAP") is not null || Given("SIGNALMESH_NCCONF") is not null)
        {
            return (list, null);
        }
        var conf = new[] { contentRoot, AppContext.BaseDirectory }.Select(folder => Path.Combine(folder, "client.ncconf")).FirstOrDefault(File.Exists);
        if (conf is null)
        {
            list.AddRange(Enumerable.Range(DefaultPort, LocalPorts).Select(p => new IPEndPoint(IPAddress.Loopback, p).ToString()));
        }
        return (list, conf is null ? null : Path.GetFullPath(conf));
    }

    private static string Text(SignalRServerInfo s)
    {
        var host = string.IsNullOrEmpty(s.Name) ? s.IP ?? "" : s.Name;
        return host.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{(s.Port == 0 ? DefaultPort : s.Port)}");
    }

    private static string? Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } v ? v : null;
}
