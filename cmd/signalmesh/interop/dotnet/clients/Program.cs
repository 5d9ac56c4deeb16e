using Microsoft.AspNetCore.Http.Connections;
using SignalMesh.Interop;

// Microsoft's .NET client runs one scenario with three servers, and prints the outcome of
// each step as a line "TRANSPORT PROTOCOL | STEP | OUTCOME". The Go program in the folder
// above compares the lines of Go hubs with those of ASP.NET Core.
//
//   URL URL URL    the servers
//
// It ends after 100 s at the latest.
_ = Task.Delay(TimeSpan.FromSeconds(100)).ContinueWith(_ => Environment.Exit(3));
if (args.Length != 3)
{
    Console.Error.WriteLine("usage: clients URL URL URL");
    return 2;
}
foreach (var (transport, messagePack) in new[]
{
    (HttpTransportType.WebSockets, false), (HttpTransportType.WebSockets, true), (HttpTransportType.ServerSentEvents, false),
    (HttpTransportType.LongPolling, false), (HttpTransportType.LongPolling, true),
})
{
    var way = new Way(args, transport, messagePack);
    await Audiences.Run(way);
    await Streams.Run(way);
    await Results.Run(way);
    await EchoedValues.Run(way);
    await AnyValues.Run(way);
    await Limits.Run(way);
    await Access.Run(way);
    if (transport == HttpTransportType.WebSockets)
    {
        await Stateful.Run(way);
    }
}
return 0;
