using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SignalMesh.AspNetCore;

/// <summary>The meter and the activity source of the package, both named "SignalMesh.AspNetCore".</summary>
internal sealed class Telemetry
{
    public const string Name = "SignalMesh.AspNetCore";

    public static readonly ActivitySource Activities = new(Name);

    private volatile bool running;
    private volatile bool connected;

    public Telemetry(IMeterFactory factory)
    {
        var meter = factory.Create(Name);
        Restarts = meter.CreateCounter<long>("signalmesh.node.restarts", "{restart}", "Starts of the node after it ended unexpectedly.");
        ConnectionFailures = meter.CreateCounter<long>("signalmesh.connection.failures", "{failure}", "Failures of the connection between this process and its node.");
        meter.CreateObservableGauge("signalmesh.node.running", () => running ? 1 : 0, "{node}", "1 if the node runs.");
        meter.CreateObservableGauge("signalmesh.connection.connected", () => connected ? 1 : 0, "{connection}", "1 if this process is connected to its node.");
    }

    public Counter<long> Restarts { get; }

    public Counter<long> ConnectionFailures { get; }

    public bool Running { get => running; set => running = value; }

    public bool Connected { get => connected; set => connected = value; }
}
