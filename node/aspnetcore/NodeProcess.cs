using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace SignalMesh.AspNetCore;

/// <summary>An event of the node, which it writes to its standard output.</summary>
internal sealed record NodeEvent(string Event, string Redis, string Admin, string Error);

/// <summary>
/// One run of the node. The node ends when its standard input is closed, which the system
/// does however this process ends.
/// </summary>
internal sealed class NodeProcess : IDisposable
{
    private static readonly string[] OfEndpoint = ["SIGNALMESH_REDIS_PASSWORD_FILE", "SIGNALMESH_REDIS_TLS_CERT", "SIGNALMESH_REDIS_TLS_KEY"];

    private readonly Process process;
    private readonly Action<NodeEvent, int> received;
    private readonly NodeLog log;
    private readonly Task reading;

    private NodeProcess(Process process, Action<NodeEvent, int> received, NodeLog log)
    {
        this.process = process;
        this.received = received;
        this.log = log;
        Id = process.Id;
        reading = Task.WhenAll(Task.Run(ReadEventsAsync), Task.Run(ReadLogAsync));
    }

    public int Id { get; }

    /// <summary>
    /// Starts the program. The node inherits the variables of this process
    /// whose values are null. received is called with each event and the process ID, in order.
    /// </summary>
    public static NodeProcess Start(string program, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string?>> variables, Action<NodeEvent, int> received, NodeLog log)
    {
        var info = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetPathRoot(AppContext.BaseDirectory) ?? AppContext.BaseDirectory,
        };
        foreach (var a in arguments)
        {
            info.ArgumentList.Add(a);
        }
        // The configuration of the host has read the variables of the section, and may override them. The endpoint of this node is
        // for this process only.
        foreach (var name in info.Environment.Keys.Where(k => k.StartsWith("NCacheConfiguration__", StringComparison.OrdinalIgnoreCase) || OfEndpoint.Contains(k)).ToArray())
        {
            info.Environment.Remove(name);
        }
        foreach (var (name, value) in variables)
        {
            if (!string.IsNullOrEmpty(value))
            {
                info.Environment[name] = value;
            }
        }
        try
        {
            return new NodeProcess(Process.Start(info)!, received, log);
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException(
                $"SignalMesh: the node {program} cannot be started: {e.Message}. Check that this user may run it and that it is for this system, or set NCacheConfiguration:Mesh:Program.", e);
        }
    }

    /// <summary>Lets the node leave the mesh and end.</summary>
    public void Leave()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended.
        }
    }

    /// <summary>Kills the node.</summary>
    public void Kill()
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    /// <summary>Waits until the node has ended and everything that it wrote was read.</summary>
    public async Task<int> WaitAsync()
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        return process.ExitCode;
    }

    public void Dispose() => process.Dispose();

    private async Task ReadEventsAsync()
    {
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (Parse(line) is { } e)
            {
                received(e, Id);
            }
            else
            {
                log.Write(line);
            }
        }
    }

    private async Task ReadLogAsync()
    {
        while (await process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.Length > 0)
            {
                log.Write(line);
            }
        }
    }

    private static NodeEvent? Parse(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            string Text(string name) => json.RootElement.TryGetProperty(name, out var v) ? v.ToString() : "";
            return json.RootElement.ValueKind == JsonValueKind.Object && Text("event").Length > 0
                ? new NodeEvent(Text("event"), Text("redis"), Text("admin"), Text("error"))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
