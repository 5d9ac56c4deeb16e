using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace SignalMesh.AspNetCore;

/// <summary>
/// Asks the servers of a hub about a user. The question goes to a channel of the hub, and each
/// server answers on the channel that the question names. PUBLISH returns the number of answers.
/// </summary>
internal sealed class UserChannel<THub>(Backplane backplane, ConcurrentDictionary<string, HubConnectionContext> connections, ILogger log)
    where THub : Hub
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly string Prefix = typeof(THub).FullName + ":signalmesh:";
    private static readonly RedisChannel Questions = RedisChannel.Literal(Prefix + "users");
    private static readonly string Server = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}");

    private readonly SemaphoreSlim one = new(1);
    private bool listening;

    private sealed record Question(string User, bool Disconnect, string ReplyTo);

    /// <summary>Subscribes to the questions of other servers, once.</summary>
    public async Task ListenAsync()
    {
        if (Volatile.Read(ref listening))
        {
            return;
        }
        await one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (listening)
            {
                return;
            }
            var c = await backplane.ConnectAsync(TextWriter.Null).ConfigureAwait(false);
            var questions = await c.GetSubscriber().SubscribeAsync(Questions).ConfigureAwait(false);
            questions.OnMessage(q => AnswerAsync(c, q.Message!));
            Volatile.Write(ref listening, true);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Asks all servers, and returns the connections that they name.</summary>
    public async Task<IReadOnlyList<UserConnection>> AskAsync(string user, bool disconnect, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Activities.StartActivity(disconnect ? "signalmesh disconnect user" : "signalmesh find user");
        var c = await backplane.ConnectAsync(TextWriter.Null).WaitAsync(cancellationToken).ConfigureAwait(false);
        var reply = RedisChannel.Literal(Prefix + "reply:" + Guid.NewGuid().ToString("N"));
        var answers = await c.GetSubscriber().SubscribeAsync(reply).WaitAsync(cancellationToken).ConfigureAwait(false);
        var found = new List<UserConnection>();
        try
        {
            var question = JsonSerializer.Serialize(new Question(user, disconnect, reply.ToString()));
            var servers = await c.GetSubscriber().PublishAsync(Questions, question).WaitAsync(cancellationToken).ConfigureAwait(false);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Patience);
            for (var i = 0L; i < servers; i++)
            {
                var answer = await answers.ReadAsync(limit.Token).ConfigureAwait(false);
                found.AddRange(JsonSerializer.Deserialize<UserConnection[]>((string)answer.Message!) ?? []);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            log.LogWarning("A server did not answer within {Time} when it was asked for the connections of a user; its connections are left out", Patience);
        }
        finally
        {
            await answers.UnsubscribeAsync().ConfigureAwait(false);
        }
        return found;
    }

    /// <summary>Returns those of the connections that belong to a user, and ends them if disconnect is set.</summary>
    public static IReadOnlyList<UserConnection> Answer(ICollection<HubConnectionContext> connections, string user, bool disconnect)
    {
        var own = connections.Where(c => string.Equals(c.UserIdentifier, user, StringComparison.Ordinal)).ToArray();
        if (disconnect)
        {
            foreach (var c in own)
            {
                c.Abort();
            }
        }
        return Array.ConvertAll(own, c => new UserConnection(Server, c.ConnectionId));
    }

    private async Task AnswerAsync(IConnectionMultiplexer c, string text)
    {
        try
        {
            var q = JsonSerializer.Deserialize<Question>(text);
            if (q is null || !q.ReplyTo.StartsWith(Prefix, StringComparison.Ordinal))
            {
                return;
            }
            var answer = JsonSerializer.Serialize(Answer(connections.Values, q.User, q.Disconnect));
            await c.GetSubscriber().PublishAsync(RedisChannel.Literal(q.ReplyTo), answer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or RedisException or TimeoutException or ObjectDisposedException)
        {
            log.LogWarning(e, "A question of another server about a user was not answered");
        }
    }
}
