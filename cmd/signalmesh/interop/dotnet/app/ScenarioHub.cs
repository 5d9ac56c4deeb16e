using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace SignalMesh.Interop;

/// <summary>The hub of the tests with Microsoft's .NET clients. The folder hub has the same in Go.</summary>
public sealed class ScenarioHub : Hub
{
    private static int streaming;

    public void Ready()
    {
    }

    public string WhoAmI() => Context.UserIdentifier ?? "";

    public Task All(string text) => Clients.All.SendAsync("Message", text);

    public Task Others(string text) => Clients.Others.SendAsync("Message", text);

    public Task Caller(string text) => Clients.Caller.SendAsync("Message", text);

    public Task AllExcept(string id, string text) => Clients.AllExcept(id).SendAsync("Message", text);

    public Task Client(string id, string text) => Clients.Client(id).SendAsync("Message", text);

    public Task ClientsOf(string[] ids, string text) => Clients.Clients(ids).SendAsync("Message", text);

    public Task Group(string group, string text) => Clients.Group(group).SendAsync("Message", text);

    public Task GroupsOf(string[] groups, string text) => Clients.Groups(groups).SendAsync("Message", text);

    public Task GroupExcept(string group, string id, string text) => Clients.GroupExcept(group, id).SendAsync("Message", text);

    public Task OthersInGroup(string group, string text) => Clients.OthersInGroup(group).SendAsync("Message", text);

    public Task User(string user, string text) => Clients.User(user).SendAsync("Message", text);

    public Task UsersOf(string[] users, string text) => Clients.Users(users).SendAsync("Message", text);

    public Task Join(string id, string group) => Groups.AddToGroupAsync(id, group);

    public Task Leave(string id, string group) => Groups.RemoveFromGroupAsync(id, group);

    public void Fail(string text) => throw new HubException(text);

    public void FailInside() => throw new InvalidOperationException("internal");

    [Authorize("Admin")]
    public string AdminOnly() => "admin";

    public void Abort() => Context.Abort();

    public Task<string> Ask(string id, string question) =>
        Clients.Client(id).InvokeAsync<string>("Ask", question, Context.ConnectionAborted);

    public Task<int> AskNumber(string id, string question) =>
        Clients.Client(id).InvokeAsync<int>("Ask", question, Context.ConnectionAborted);

    public Task<string> AskNothing(string id) =>
        Clients.Client(id).InvokeAsync<string>("Missing", Context.ConnectionAborted);

    public async IAsyncEnumerable<int> Count(int n)
    {
        for (var i = 0; i < n; i++)
        {
            yield return i;
        }
        await Task.CompletedTask;
    }

    public ChannelReader<int> CountChannel(int n)
    {
        var channel = Channel.CreateUnbounded<int>();
        for (var i = 0; i < n; i++)
        {
            channel.Writer.TryWrite(i);
        }
        channel.Writer.Complete();
        return channel.Reader;
    }

    public async IAsyncEnumerable<int> CountAndFail(int n, string text)
    {
        await foreach (var i in Count(n))
        {
            yield return i;
        }
        throw new HubException(text);
    }

    public async IAsyncEnumerable<int> CountAndFailInside(int n)
    {
        await foreach (var i in Count(n))
        {
            yield return i;
        }
        throw new InvalidOperationException("internal");
    }

    public async IAsyncEnumerable<int> Ticks([EnumeratorCancellation] CancellationToken cancelled)
    {
        Interlocked.Increment(ref streaming);
        try
        {
            for (var i = 0; ; i++)
            {
                yield return i;
                await Task.Delay(5, cancelled);
            }
        }
        finally
        {
            Interlocked.Decrement(ref streaming);
        }
    }

    public int Streaming() => Volatile.Read(ref streaming);

    public async Task<long> Sum(IAsyncEnumerable<long> numbers)
    {
        long sum = 0;
        await foreach (var n in numbers)
        {
            sum += n;
        }
        return sum;
    }

    public async Task<string> Concat(ChannelReader<string> words)
    {
        var text = new StringBuilder();
        await foreach (var word in words.ReadAllAsync())
        {
            text.Append(word);
        }
        return text.ToString();
    }

    public async IAsyncEnumerable<int> Double(IAsyncEnumerable<int> numbers)
    {
        await foreach (var n in numbers)
        {
            yield return 2 * n;
        }
    }

    public object? EchoAny(object? v) => v;

    public bool EchoBool(bool v) => v;

    public byte EchoByte(byte v) => v;

    public short EchoShort(short v) => v;

    public int EchoInt(int v) => v;

    public long EchoLong(long v) => v;

    public ulong EchoULong(ulong v) => v;

    public float EchoFloat(float v) => v;

    public double EchoDouble(double v) => v;

    public decimal EchoDecimal(decimal v) => v;

    public string EchoString(string v) => v;

    public string? EchoText(string? v) => v;

    public int? EchoNullable(int? v) => v;

    public byte[] EchoBytes(byte[] v) => v;

    public DateTime EchoDateTime(DateTime v) => v;

    public DateTimeOffset EchoDateTimeOffset(DateTimeOffset v) => v;

    public TimeSpan EchoTimeSpan(TimeSpan v) => v;

    public DateOnly EchoDateOnly(DateOnly v) => v;

    public TimeOnly EchoTimeOnly(TimeOnly v) => v;

    public char EchoChar(char v) => v;

    public Guid EchoGuid(Guid v) => v;

    public Color EchoColor(Color v) => v;

    public Day EchoDay(Day v) => v;

    public int[] EchoInts(int[] v) => v;

    public Dictionary<string, int> EchoNames(Dictionary<string, int> v) => v;

    public Dictionary<int, string> EchoNumbered(Dictionary<int, string> v) => v;

    public Order EchoOrder(Order v) => v;

    public Point EchoPoint(Point v) => v;

    public string NameOf(Color v) => v.ToString();

    public string Repeat(string text, int n) => string.Concat(Enumerable.Repeat(text, n));

    public int Length(string text) => text.Length;

    public string Two(int a, string b) => $"{a} {b}";

    public Task Push() => Clients.Caller.SendAsync("Pushed", 9007199254740993L, "text", new byte[] { 0, 1, 255 },
        DateTime.UnixEpoch.AddSeconds(1700000000), new Point { X = 3, Y = 4 }, null);
}
