using Alachisoft.NCache.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SignalMesh.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Connects the hubs of this server with those of the other servers of the application.</summary>
public static class NCacheDependencyInjectionExtensions
{
    /// <summary>Adds the mesh with the settings of the section NCacheConfiguration.</summary>
    /// <param name="builder">The SignalR builder.</param>
    /// <returns>The same builder.</returns>
    public static ISignalRServerBuilder AddNCache(this ISignalRServerBuilder builder) => builder.AddNCache(_ => { });

    /// <summary>Adds the mesh with a cache and an application.</summary>
    /// <param name="builder">The SignalR builder.</param>
    /// <param name="cacheName">Name of the cache, which is the mesh.</param>
    /// <param name="eventKey">Name of the application.</param>
    /// <returns>The same builder.</returns>
    public static ISignalRServerBuilder AddNCache(this ISignalRServerBuilder builder, string cacheName, string eventKey) =>
        builder.AddNCache(o =>
        {
            o.CacheName = cacheName;
            o.EventKey = eventKey;
        });

    /// <summary>Adds the mesh with a cache, an application, and credentials.</summary>
    /// <param name="builder">The SignalR builder.</param>
    /// <param name="cacheName">Name of the cache, which is the mesh.</param>
    /// <param name="eventKey">Name of the application.</param>
    /// <param name="userId">User of the mesh.</param>
    /// <param name="password">Password of that user.</param>
    /// <returns>The same builder.</returns>
    public static ISignalRServerBuilder AddNCache(this ISignalRServerBuilder builder, string cacheName, string eventKey, string userId, string password) =>
        builder.AddNCache(o =>
        {
            o.CacheName = cacheName;
            o.EventKey = eventKey;
            o.UserID = userId;
            o.Password = password;
        });

    /// <summary>Adds the mesh for an application, without a section of the configuration.</summary>
    /// <param name="builder">The SignalR builder.</param>
    /// <param name="application">Name of the application. The same on all servers.</param>
    /// <param name="configure">Further settings. The cache is "signalmesh" unless it is set.</param>
    /// <returns>The same builder.</returns>
    public static ISignalRServerBuilder AddSignalMesh(this ISignalRServerBuilder builder, string application, Action<NCacheConfiguration>? configure = null) =>
        builder.AddNCache(o =>
        {
            o.CacheName = string.IsNullOrEmpty(o.CacheName) ? "signalmesh" : o.CacheName;
            o.EventKey = application;
            configure?.Invoke(o);
        });

    /// <summary>Adds the mesh. The section NCacheConfiguration is read first, and the callback overrides it.</summary>
    /// <param name="builder">The SignalR builder.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>The same builder.</returns>
    public static ISignalRServerBuilder AddNCache(this ISignalRServerBuilder builder, Action<NCacheConfiguration> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var services = builder.Services;
        services.AddOptions<NCacheConfiguration>().BindConfiguration(NCacheConfiguration.SectionName).Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<NCacheConfiguration>, ConfigurationValidator>());
        if (services.Any(s => s.ServiceType == typeof(NodeHost)))
        {
            return builder; // the callback was added to the first call
        }
        services.AddMetrics();
        services.AddSingleton<Telemetry>();
        services.AddSingleton<NodeHost>();
        services.AddSingleton<Backplane>();
        services.AddSingleton<IMeshStatus>(p => p.GetRequiredService<Backplane>());
        services.AddSingleton<IHostedService>(p => p.GetRequiredService<NodeHost>());
        services.AddSingleton<IHostedService>(p => p.GetRequiredService<Backplane>()); // stopped before the node
        services.AddHostedService<HubNames>();
        services.AddSingleton(typeof(HubLifetimeManager<>), typeof(MeshHubLifetimeManager<>));
        services.AddSingleton(typeof(IMeshContext<>), typeof(MeshContext<>));
        services.AddHealthChecks().AddCheck<MeshHealthCheck>("signalmesh", tags: ["signalmesh", "ready"]);
        return builder;
    }
}
