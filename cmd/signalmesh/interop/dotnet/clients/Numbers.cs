using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>
/// What one client has received of the numbered messages of each sender. Its handler is not
/// called concurrently.
/// </summary>
internal sealed class Numbers(int server, HubConnection connection, int senders)
{
    private readonly List<int>[] received = Enumerable.Range(0, senders).Select(_ => new List<int>()).ToArray();

    public int Server => server;

    public HubConnection Connection => connection;

    public int Disorder { get; private set; }

    /// <summary>Connects to the server with this number.</summary>
    public static async Task<Numbers> Connect(string[] urls, int server)
    {
        var connection = new HubConnectionBuilder().WithUrl(urls[server] + "/scenario").Build();
        var numbers = new Numbers(server, connection, urls.Length);
        connection.On<string>("Message", numbers.Add);
        await connection.StartAsync();
        await connection.InvokeAsync("Ready");
        return numbers;
    }

    public int Last(int sender)
    {
        lock (received)
        {
            return received[sender] is [.., var last] ? last : -1;
        }
    }

    public int[] Of(int sender)
    {
        lock (received)
        {
            return [.. received[sender]];
        }
    }

    /// <summary>Takes the text SENDER NUMBER.</summary>
    private void Add(string text)
    {
        var parts = text.Split(' ');
        var (sender, number) = (int.Parse(parts[0]), int.Parse(parts[1]));
        lock (received)
        {
            if (received[sender] is [.., var last] && last >= number)
            {
                Disorder++; // late, or a copy
            }
            received[sender].Add(number);
        }
    }
}
