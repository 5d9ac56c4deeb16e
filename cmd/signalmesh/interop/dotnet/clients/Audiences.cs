using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR.Client;

namespace SignalMesh.Interop;

/// <summary>Sends to every audience, between connections of three servers.</summary>
internal static class Audiences
{
    /// <summary>A connection, which records the texts that it receives.</summary>
    private sealed class Member(string name, HubConnection connection)
    {
        public string Name => name;

        public HubConnection Connection => connection;

        public string Id => connection.ConnectionId!;

        public ConcurrentQueue<string> Texts { get; } = new();

        public int Count(string text) => Texts.Count(t => t == text);
    }

    public static async Task Run(Way way)
    {
        var members = new List<Member>();
        foreach (var (name, server, user) in new[] { ("a", 0, "one"), ("b", 1, "two"), ("c", 2, "two") })
        {
            var connection = way.Build(server, user);
            var member = new Member(name, connection);
            connection.On<string>("Message", member.Texts.Enqueue);
            await connection.StartAsync();
            await connection.InvokeAsync("Ready");
            members.Add(member);
        }
        var (a, b, c) = (members[0], members[1], members[2]);

        // Sends, waits for the receivers, and prints who has received how many copies.
        async Task Send(string step, Member from, string expected, string method, params object?[] arguments)
        {
            await way.Step(step, async () =>
            {
                await from.Connection.InvokeCoreAsync(method, [.. arguments, step]);
                await Way.Eventually(() => Task.FromResult(members.All(m => m.Count(step) >= expected.Count(x => x == m.Name[0]))));
                return Copies(step);
            });
        }

        string Copies(string text) => string.Join(" ", members.Where(m => m.Count(text) > 0).Select(m => $"{m.Name}:{m.Count(text)}"));

        await way.Step("user", () => c.Connection.InvokeAsync<string>("WhoAmI"));
        await Send("all", a, "abc", "All");
        await Send("others", b, "ac", "Others");
        await Send("caller", b, "b", "Caller");
        await Send("all except", a, "ac", "AllExcept", b.Id);
        await Send("client", a, "c", "Client", c.Id);
        await Send("own client", a, "a", "Client", a.Id);
        await Send("unknown client", a, "", "Client", "nobody");
        await Send("clients", b, "ac", "ClientsOf", new[] { a.Id, c.Id });
        await Send("clients, one named twice", b, "aac", "ClientsOf", new[] { a.Id, c.Id, a.Id });
        await Send("user of two servers", a, "bc", "User", "two");
        await Send("users", c, "abc", "UsersOf", new[] { "one", "two" });
        await Send("unknown user", c, "", "User", "nobody");
        await way.Step("join", async () =>
        {
            await a.Connection.InvokeAsync("Join", a.Id, "red");
            await a.Connection.InvokeAsync("Join", b.Id, "red");
            await c.Connection.InvokeAsync("Join", c.Id, "blue");
            await c.Connection.InvokeAsync("Join", a.Id, "blue");
            return "joined";
        });
        await Send("group", c, "ab", "Group", "red");
        await Send("groups", b, "aabc", "GroupsOf", new[] { "red", "blue" });
        await Send("group except", c, "b", "GroupExcept", "red", a.Id);
        await Send("others in the group", a, "b", "OthersInGroup", "red");
        await Send("empty group", a, "", "Group", "nobody");
        await way.Step("leave", async () =>
        {
            await c.Connection.InvokeAsync("Leave", b.Id, "red");
            return "left";
        });
        await Send("group after leaving", b, "a", "Group", "red");
        await way.Step("300 in order", async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                await a.Connection.SendAsync("All", $"{i}");
            }
            string[] Numbers(Member m) => m.Texts.Where(t => char.IsDigit(t[0])).ToArray();
            await Way.Eventually(() => Task.FromResult(members.All(m => Numbers(m).Length >= 300)));
            var wanted = Enumerable.Range(0, 300).Select(i => i.ToString()).ToArray();
            return string.Join(" ", members.Select(m => Numbers(m).Length == 300 ? Numbers(m).SequenceEqual(wanted) : Numbers(m).Length as object));
        });
        // What comes late to those who should not have it is found here.
        foreach (var text in members.SelectMany(m => m.Texts).Where(t => !char.IsDigit(t[0])).Distinct().OrderBy(t => t))
        {
            way.Print($"{text}, in the end", Copies(text));
        }
        foreach (var m in members)
        {
            await m.Connection.DisposeAsync();
        }
    }
}
