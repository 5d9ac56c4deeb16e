namespace Alachisoft.NCache.Client
{
    /// <summary>What NCache's client logs. The mesh logs through <c>ILogger</c>, so the value has no effect.</summary>
    public enum LogLevel
    {
        /// <summary>Information.</summary>
        Info,

        /// <summary>Errors only.</summary>
        Error,

        /// <summary>Everything.</summary>
        Debug,
    }
}

namespace Alachisoft.NCache.AspNetCore.SignalR
{
    using SignalMesh.AspNetCore;

    /// <summary>
    /// The section NCacheConfiguration. The properties are those of the package AspNetCore.SignalR.NCache,
    /// and <see cref="Mesh"/>, which has the settings that only the mesh has.
    /// </summary>
    public sealed class NCacheConfiguration
    {
        /// <summary>Name of the section of the configuration.</summary>
        public const string SectionName = "NCacheConfiguration";

        /// <summary>Name of the cache, which is the mesh. Required. The same on all servers.</summary>
        public string? CacheName { get; set; }

        /// <summary>Name of the application within the cache. This or <see cref="EventKey"/> is required. The same on all servers.</summary>
        public string? ApplicationID { get; set; }

        /// <summary>The newer name of <see cref="ApplicationID"/>, which it overrides.</summary>
        public string? EventKey { get; set; }

        /// <summary>User of the mesh. Null or empty if the mesh has no credentials, or one password for all.</summary>
        public string? UserID { get; set; }

        /// <summary>Password of the mesh. Without a password the server only reaches servers on the same machine.</summary>
        public string? Password { get; set; }

        /// <summary>Where the other servers are. Null means that client.ncconf lists them.</summary>
        public SignalRConnectionOptions? ConnectionOptions { get; set; }

        /// <summary>Settings that only the mesh has. None is required.</summary>
        public MeshOptions Mesh { get; set; } = new();

        internal string Application => string.IsNullOrEmpty(EventKey) ? ApplicationID ?? "" : EventKey;
    }

    /// <summary>The connection options of NCache. The mesh uses <see cref="ServerList"/>; the others have no effect.</summary>
    public class SignalRConnectionOptions
    {
        /// <summary>The other servers of the mesh.</summary>
        public SignalRServerInfo[]? ServerList { get; set; }

        /// <summary>No effect; see <see cref="MeshOptions.Listen"/>.</summary>
        public string? ClientBindIP { get; set; }

        /// <summary>No effect.</summary>
        public string? AppName { get; set; }

        /// <summary>No effect.</summary>
        public bool? LoadBalance { get; set; }

        /// <summary>No effect.</summary>
        public int? ClientRequestTimeOut { get; set; }

        /// <summary>No effect.</summary>
        public int? ConnectionTimeout { get; set; }

        /// <summary>No effect.</summary>
        public int? ConnectionRetries { get; set; }

        /// <summary>No effect.</summary>
        public int? RetryInterval { get; set; }

        /// <summary>No effect.</summary>
        public int? RetryConnectionDelay { get; set; }

        /// <summary>No effect.</summary>
        public bool? EnableClientLogs { get; set; }

        /// <summary>No effect.</summary>
        public Alachisoft.NCache.Client.LogLevel? LogLevel { get; set; }
    }

    /// <summary>A server of <see cref="SignalRConnectionOptions.ServerList"/>.</summary>
    public class SignalRServerInfo
    {
        /// <summary>Creates a server without a name.</summary>
        public SignalRServerInfo()
        {
        }

        /// <summary>Creates a server with a host name or address.</summary>
        /// <param name="name">Host name or IP address.</param>
        /// <param name="port">TCP port; 0 means 9800.</param>
        public SignalRServerInfo(string name, int port = 0)
        {
            Name = name;
            Port = port;
        }

        /// <summary>Host name or IP address. It overrides <see cref="IP"/>.</summary>
        public string? Name { get; set; }

        /// <summary>IP address.</summary>
        public string? IP { get; set; }

        /// <summary>TCP port; 0 means 9800.</summary>
        public int Port { get; set; }
    }
}

namespace SignalMesh.AspNetCore
{
    /// <summary>The section NCacheConfiguration:Mesh.</summary>
    public sealed class MeshOptions
    {
        /// <summary>
        /// False leaves the mesh out: hubs serve the clients of this process only, and no node is started.
        /// It is for tests with <c>WebApplicationFactory</c>. The default is true.
        /// </summary>
        public bool Enabled { get; set; } = true;

        /// <summary>
        /// The host:port at which the other servers reach this one. Null means the port of client.ncconf or 9800,
        /// or one of the next 16 if it is in use: on all addresses if there is a password, else on loopback.
        /// </summary>
        public string? Listen { get; set; }

        /// <summary>The host:port at which the other servers connect to this one. Null means <see cref="Listen"/>.</summary>
        public string? Advertise { get; set; }

        /// <summary>
        /// Other servers as host:port, in addition to those of client.ncconf and <see cref="Alachisoft.NCache.AspNetCore.SignalR.SignalRConnectionOptions.ServerList"/>.
        /// If none of the three has a server, servers on the same machine find each other.
        /// </summary>
        public IList<string> Servers { get; } = new List<string>();

        /// <summary>The host:port of the status page and the metrics of the node. The default is a loopback port that the system picks.</summary>
        public string Admin { get; set; } = "127.0.0.1:0";

        /// <summary>
        /// The Redis endpoint of a node that runs already, such as a sidecar: host:port, several with commas, or unix:/path.
        /// Then no node is started, and UserID and Password are those of the endpoint. Null starts a node.
        /// </summary>
        public string? Endpoint { get; set; }

        /// <summary>Path of the program of the node. Null means the one in the package.</summary>
        public string? Program { get; set; }

        /// <summary>How long the start of the host waits until the node listens. The default is 15 s.</summary>
        public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(15);

        /// <summary>How long the stop of the host waits until the node has left the mesh. The default is 5 s.</summary>
        public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);
    }
}
