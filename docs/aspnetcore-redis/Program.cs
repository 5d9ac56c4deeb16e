// A server with AddStackExchangeRedis whose Redis is the endpoint of a node:
//
//   signalmesh node --redis 127.0.0.1:6379 --cache demoClusteredCache --app chatApplication
//
// The server may start before the node.

using ChatSample.Hubs;
using StackExchange.Redis;

var builder = WebApplication.CreateBuilder(args);
var redis = builder.Configuration["Redis"] ?? "127.0.0.1:6379";

builder.Services.AddSignalR().AddStackExchangeRedis(redis, options =>
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

var app = builder.Build();

app.MapHub<ChatHub>("/chat");

app.Run();
