using Microsoft.AspNetCore.SignalR;

namespace SignalMesh.AspNetCore;

/// <summary>A connection of a user, on any server.</summary>
/// <param name="Server">Name of the server: its machine and the ID of its process.</param>
/// <param name="ConnectionId">The connection ID.</param>
public sealed record UserConnection(string Server, string ConnectionId);

/// <summary>
/// What can be done with the users of a hub on all servers that use this package, in addition to
/// <see cref="IHubContext{THub}"/>. Servers in Go, and servers with AddStackExchangeRedis, do not take part.
/// </summary>
/// <typeparam name="THub">The hub.</typeparam>
public interface IMeshContext<THub>
    where THub : Hub
{
    /// <summary>Ends all connections of a user, on every server.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Ends the wait for the other servers, not the request.</param>
    /// <returns>The connections that were ended. Servers that do not answer within 2 s are left out.</returns>
    Task<IReadOnlyList<UserConnection>> DisconnectUserAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>Returns the connections of a user, on every server.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Ends the wait for the other servers.</param>
    /// <returns>The connections. Servers that do not answer within 2 s are left out.</returns>
    Task<IReadOnlyList<UserConnection>> GetUserConnectionsAsync(string userId, CancellationToken cancellationToken = default);
}

internal sealed class MeshContext<THub>(HubLifetimeManager<THub> manager) : IMeshContext<THub>
    where THub : Hub
{
    private readonly MeshHubLifetimeManager<THub> mesh = manager as MeshHubLifetimeManager<THub>
        ?? throw new InvalidOperationException($"SignalMesh: IMeshContext<{typeof(THub).Name}> needs the lifetime manager of AddNCache, and another one was registered after it. Call AddNCache last.");

    public Task<IReadOnlyList<UserConnection>> DisconnectUserAsync(string userId, CancellationToken cancellationToken = default) => AskAsync(userId, true, cancellationToken);

    public Task<IReadOnlyList<UserConnection>> GetUserConnectionsAsync(string userId, CancellationToken cancellationToken = default) => AskAsync(userId, false, cancellationToken);

    private Task<IReadOnlyList<UserConnection>> AskAsync(string userId, bool disconnect, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        return mesh.Users?.AskAsync(userId, disconnect, cancellationToken)
            ?? Task.FromResult(UserChannel<THub>.Answer(mesh.Connections, userId, disconnect));
    }
}
