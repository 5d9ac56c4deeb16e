using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SignalMesh.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the state of the mesh to a path of the server.</summary>
public static class MeshEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps GET of a path to <see cref="MeshStatus"/> as JSON. The answer is 200 if the node is ready, and 503
    /// otherwise. It has names and addresses of servers: restrict it with <c>RequireAuthorization</c> or <c>RequireHost</c>.
    /// </summary>
    /// <param name="endpoints">The routes of the server.</param>
    /// <param name="pattern">The path, such as "/mesh".</param>
    /// <returns>The endpoint, for further settings.</returns>
    public static IEndpointConventionBuilder MapMeshStatus(this IEndpointRouteBuilder endpoints, string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapGet(pattern, AnswerAsync).WithDisplayName("SignalMesh status");
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var status = await context.RequestServices.GetRequiredService<IMeshStatus>().GetAsync(context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = status.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(status, context.RequestAborted).ConfigureAwait(false);
    }
}
