using Alachisoft.NCache.AspNetCore.SignalR;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace SignalMesh.AspNetCore;

/// <summary>
/// Healthy: this server is in the mesh, or alone without other servers. Degraded: a server is
/// missing or silent. The failure status of the registration: the node does not answer.
/// </summary>
internal sealed class MeshHealthCheck(IMeshStatus mesh, IOptions<NCacheConfiguration> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!options.Value.Mesh.Enabled)
        {
            return HealthCheckResult.Healthy("the mesh is off");
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(3));
        MeshStatus s;
        try
        {
            s = await mesh.GetAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            s = new MeshStatus { Reason = "the node does not answer within 3 s" };
        }
        if (!s.Running)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, s.Reason);
        }
        var data = new Dictionary<string, object>
        {
            ["health"] = s.Health, ["servers"] = s.Servers, ["missing"] = s.MissingServers, ["cache"] = s.Cache, ["name"] = s.Name,
        };
        return s.Ready && s.Health != "degraded" ? HealthCheckResult.Healthy(s.Reason, data) : HealthCheckResult.Degraded(s.Ready ? s.Reason : "the node has not joined the mesh", null, data);
    }
}
