using Microsoft.AspNetCore.Http.Connections;
using SignalMesh.Interop;

// Microsoft's .NET client runs one scenario with three servers, and prints the outcome of
// each step as a line "TRANSPORT PROTOCOL | STEP | OUTCOME". The Go program in the folder
// above compares the lines of Go hubs with those of ASP.NET Core.
//
//   URL URL URL            the scenario, with the URLs of the servers
//   churn CLIENTS URL…     numbered messages while clients come and go
//   load CLIENTS RATE URL…    broadcasts, saturated and at a rate
//
// It ends after 100 s at the latest, and with "churn" and "load" after 3 minutes.
_ = Task.Delay(TimeSpan.FromSeconds(args is [_, _, _] ? 100 : 180)).ContinueWith(_ => Environment.Exit(3));
switch (args)
{
    case ["churn", var clients, .. var servers]:
        return await Churn.Run(int.Parse(clients), servers);
    case ["load", var clients, var rate, .. var servers]:
        return await Load.Run(int.Parse(clients), int.Parse(rate), servers);
}
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
