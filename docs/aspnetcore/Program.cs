using ChatSample.Hubs;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddSignalR().AddNCache(options =>
{
    // The section is read anyway; these lines are those of an NCache application.
    options.CacheName = builder.Configuration["NCacheConfiguration:CacheName"];
    options.ApplicationID = builder.Configuration["NCacheConfiguration:ApplicationID"];
});

var app = builder.Build();

app.MapHub<ChatHub>("/chat");

app.Run();
