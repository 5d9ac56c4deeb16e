using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SignalMesh.Interop;

/// <summary>A TCP proxy whose connections can be cut.</summary>
internal sealed class Cable : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> ends = new();
    private readonly Uri target;

    public Cable(Uri target)
    {
        this.target = target;
        listener.Start();
        _ = Accept();
    }

    public string Url => $"http://{listener.LocalEndpoint}";

    public int Cuts { get; private set; }

    /// <summary>Resets all connections, at least one.</summary>
    public async Task Cut()
    {
        await Way.Eventually(() => Task.FromResult(!ends.IsEmpty));
        foreach (var end in ends.Keys)
        {
            try
            {
                end.LingerState = new LingerOption(true, 0);
            }
            catch (ObjectDisposedException)
            {
                continue; // it has ended
            }
            end.Close();
        }
        Cuts++;
    }

    public void Dispose()
    {
        listener.Stop();
        foreach (var end in ends.Keys)
        {
            end.Close();
        }
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                _ = Carry(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task Carry(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            var (from, to) = (client.Client, server.Client); // null after the end
            try
            {
                await server.ConnectAsync(target.Host, target.Port);
                ends[from] = ends[to] = true;
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
            }
            ends.TryRemove(from, out _);
            ends.TryRemove(to, out _);
        }
    }
}
