using SignalMesh.Interop;

// One program is the servers, the clients and the plain Redis clients of the tests. The Go
// program in the folder above starts it, and compares what it prints.
//
//   serve  CONFIGURATION            a server; prints its URL, and runs until its stdin ends
//   chat   CONFIGURATION…           the scenario, with one server for each configuration
//   redis  CONFIGURATION CONFIGURATION    StackExchange.Redis without SignalR, at two endpoints
//   access ENDPOINT PASSWORD        right, wrong and missing passwords
//   data   CONFIGURATION            commands that need stored data
//   late   URL                      clients of a server that was started before its endpoint
//   move   CONFIGURATION CONFIGURATION    a server with two endpoints, of which the first stops
//   scenario CONFIGURATION…         servers with ScenarioHub; prints their URLs, and runs until its stdin ends
//
// It ends after 60 s at the latest, and with "scenario" after 4 minutes.
_ = Task.Delay(TimeSpan.FromSeconds(args is ["scenario", ..] ? 240 : 60)).ContinueWith(_ => Environment.Exit(3));
return args switch
{
    ["serve", var configuration] => await Server.RunUntilInputEnds(configuration),
    ["chat", .. var configurations] => await Chat.Run(configurations),
    ["redis", var first, var second] => await PlainRedis.Run(first, second),
    ["access", var endpoint, var password] => await Access.Run(endpoint, password),
    ["data", var configuration] => await Data.Run(configuration),
    ["late", var url] => await Late.Run(url),
    ["move", var moving, var steady] => await Move.Run(moving, steady),
    ["scenario", .. var configurations] => await ScenarioServer.Run(configurations),
    _ => Report.Usage(),
};
