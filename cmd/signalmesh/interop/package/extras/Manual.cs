using StackExchange.Redis;

/// <summary>The samples of docs/aspnetcore*.md and of the README of the package. They are compiled, and not run.</summary>
internal static class Manual
{
    public static void OneLine(WebApplicationBuilder builder)
    {
        builder.Services.AddSignalR().AddSignalMesh("chatApplication");
        builder.Services.AddSignalR().AddSignalMesh("chatApplication", o => o.Mesh.Servers.Add("web-1.example.net:9800"));
    }

    public static void FromNCache(WebApplicationBuilder builder)
    {
        builder.Services.AddSignalR().AddNCache("demoClusteredCache", "chatApplication");
        builder.Services.AddSignalR().AddNCache("demoClusteredCache", "chatApplication", "hub", "password of the mesh");
    }

    public static void AtANode(WebApplicationBuilder builder)
    {
        builder.Services.AddSignalR().AddStackExchangeRedis("127.0.0.1:6379");
        builder.Services.AddSignalR().AddStackExchangeRedis("127.0.0.1:6379,user=hub,password=…,name=chat-1");
        builder.Services.AddSignalR().AddStackExchangeRedis("node-1.example.net:6379,ssl=true,password=…");
    }

    public static void AnyOrder(WebApplicationBuilder builder)
    {
        builder.Services.AddSignalR().AddStackExchangeRedis("127.0.0.1:6379", options =>
        {
            options.ConnectionFactory = async log =>
            {
                options.Configuration.AbortOnConnectFail = true; // an attempt that fails throws
                for (; ; await Task.Delay(500))
                {
                    try { return await ConnectionMultiplexer.ConnectAsync(options.Configuration, log); }
                    catch (RedisConnectionException) { } // the node has not started yet
                }
            };
        });
    }
}
