using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace SignalMesh.AspNetCore;

/// <summary>Passes the log lines of the node to an ILogger, and keeps the last ones. It may be used concurrently.</summary>
internal sealed class NodeLog(ILogger log)
{
    private const int Kept = 20;
    private readonly Queue<string> last = new();

    public void Write(string line)
    {
        lock (last)
        {
            if (last.Count == Kept)
            {
                last.Dequeue();
            }
            last.Enqueue(line);
        }
        if (!TryWrite(line))
        {
            log.LogInformation("{Line}", line);
        }
    }

    /// <summary>Returns the last lines.</summary>
    public string Tail()
    {
        lock (last)
        {
            return string.Join('\n', last);
        }
    }

    private bool TryWrite(string line)
    {
        if (!line.StartsWith('{'))
        {
            return false;
        }
        try
        {
            using var json = JsonDocument.Parse(line);
            var (level, message) = (LogLevel.Information, "");
            var values = new List<KeyValuePair<string, object?>>();
            foreach (var p in json.RootElement.EnumerateObject())
            {
                switch (p.Name)
                {
                    case "time":
                        break;
                    case "level":
                        level = LevelOf(p.Value.ToString());
                        break;
                    case "msg":
                        message = p.Value.ToString();
                        break;
                    default:
                        values.Add(new(p.Name, ValueOf(p.Value)));
                        break;
                }
            }
            var text = values.Count == 0 ? message : $"{message} ({string.Join(", ", values.Select(v => $"{v.Key}: {v.Value}"))})";
            log.Log(level, default, values, null, (_, _) => text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static LogLevel LevelOf(string text) => text switch
    {
        "DEBUG" => LogLevel.Debug,
        "WARN" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        _ => LogLevel.Information,
    };

    private static object? ValueOf(JsonElement v) => v.ValueKind switch
    {
        JsonValueKind.Number when v.TryGetInt64(out var whole) => whole,
        JsonValueKind.Number => v.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => v.ToString(),
    };
}
