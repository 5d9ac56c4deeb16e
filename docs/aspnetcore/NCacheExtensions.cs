// AddNCache for SignalR servers whose backplane is a signalmesh node beside them.
// Copy this file into your project; it needs the package
// Microsoft.AspNetCore.SignalR.StackExchangeRedis 8.0 or later, and nothing else.

#nullable enable

using System;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using Microsoft.Extensions.Options;
using SignalMesh;
using StackExchange.Redis;

namespace SignalMesh
{
    /// <summary>
    /// What AddNCache needs to know. Values come from the section NCacheConfiguration
    /// of the application's configuration (appsettings.json, the environment …), and
    /// then from the callback, which wins.
    /// </summary>
    public sealed class NCacheOptions
    {
        /// <summary>The section of the configuration that is read.</summary>
        public const string SectionName = "NCacheConfiguration";

        /// <summary>
        /// Name of the cache, which is the mesh. The node beside this server joins it:
        /// its CacheName, or --cache, must be the same.
        /// </summary>
        public string? CacheName { get; set; }

        /// <summary>
        /// Name of the application within the cache; the node's --app must be the same.
        /// It also stands in front of all channels, as the ChannelPrefix of Redis.
        /// </summary>
        public string? ApplicationID { get; set; }

        /// <summary>The newer name of ApplicationID; it wins where both are set.</summary>
        public string? EventKey { get; set; }

        /// <summary>User for the node, where the mesh has credentials.</summary>
        public string? UserID { get; set; }

        /// <summary>Password of that user.</summary>
        public string? Password { get; set; }

        /// <summary>
        /// Where the node's Redis door is, as host:port; several with commas, of which
        /// the first that answers is used.
        /// </summary>
        public string Door { get; set; } = "127.0.0.1:6379";

        internal string Application =>
            string.IsNullOrEmpty(EventKey) ? ApplicationID ?? string.Empty : EventKey;
    }
}

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds the mesh to SignalR.</summary>
    public static class NCacheExtensions
    {
        /// <summary>
        /// Connects this server's hubs with those of the other servers of the
        /// application, by the signalmesh node at <see cref="NCacheOptions.Door"/>.
        /// Everything comes from the section NCacheConfiguration.
        /// </summary>
        public static ISignalRServerBuilder AddNCache(this ISignalRServerBuilder builder) =>
            builder.AddNCache(_ => { });

        /// <summary>
        /// Connects this server's hubs with those of the other servers of the
        /// application, by the signalmesh node at <see cref="NCacheOptions.Door"/>.
        /// </summary>
        public static ISignalRServerBuilder AddNCache(
            this ISignalRServerBuilder builder, Action<NCacheOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(builder);
            ArgumentNullException.ThrowIfNull(configure);

            builder.Services.AddOptions<NCacheOptions>()
                .BindConfiguration(NCacheOptions.SectionName)
                .Configure(configure)
                .Validate(o => !string.IsNullOrWhiteSpace(o.CacheName),
                    "CacheName is missing: set it in NCacheConfiguration or in AddNCache.")
                .Validate(o => !string.IsNullOrWhiteSpace(o.Application),
                    "ApplicationID is missing: set it in NCacheConfiguration or in AddNCache.")
                .ValidateOnStart();
            builder.Services.AddOptions<RedisOptions>()
                .Configure<IOptions<NCacheOptions>>((redis, ncache) => Apply(ncache.Value, redis.Configuration));
            return builder.AddStackExchangeRedis();
        }

        private static void Apply(NCacheOptions options, ConfigurationOptions redis)
        {
            const StringSplitOptions tidy = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
            foreach (var door in options.Door.Split(',', tidy))
            {
                redis.EndPoints.Add(door);
            }

            // The server may start before its node: the client goes on trying.
            redis.AbortOnConnectFail = false;
            redis.ChannelPrefix = RedisChannel.Literal(options.Application);

            // After a short loss the node gives a client of the same name what it
            // missed, so each process has a name of its own.
            redis.ClientName = $"{Environment.MachineName}-{Environment.ProcessId}";

            if (!string.IsNullOrEmpty(options.Password))
            {
                redis.User = string.IsNullOrEmpty(options.UserID) ? null : options.UserID;
                redis.Password = options.Password;
            }
        }
    }
}
