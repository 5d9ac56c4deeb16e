using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SignalMesh.AspNetCore;

/// <summary>The addresses and the credentials of the Redis endpoint of a node.</summary>
internal sealed record NodeAddress(IReadOnlyList<EndPoint> EndPoints, string? User, string? Password, string? Admin, int Pid)
{
    /// <summary>Reads host:port, several with commas, or unix:/path.</summary>
    public static bool TryParse(string text, out IReadOnlyList<EndPoint> endPoints)
    {
        var list = new List<EndPoint>();
        endPoints = list;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.StartsWith("unix:", StringComparison.Ordinal))
            {
                if (part.Length == "unix:".Length)
                {
                    return false;
                }
                list.Add(new UnixDomainSocketEndPoint(part["unix:".Length..]));
                continue;
            }
            var colon = part.LastIndexOf(':');
            if (colon <= 0 || !ushort.TryParse(part[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            {
                return false;
            }
            list.Add(IPEndPoint.TryParse(part, out var ip) ? ip : new DnsEndPoint(part[..colon], port));
        }
        return list.Count > 0;
    }

    public override string ToString() => string.Join(", ", EndPoints);
}
