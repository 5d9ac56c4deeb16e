using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace SignalMesh.Interop;

/// <summary>Servers with <see cref="ScenarioHub"/>, which run until their input ends.</summary>
internal static class ScenarioServer
{
    public static async Task<int> Run(string[] configurations)
    {
        var apps = new List<WebApplication>();
        foreach (var configuration in configurations)
        {
            var app = Build(configuration);
            await app.StartAsync();
            apps.Add(app);
            Console.WriteLine("ready: " + app.Urls.First());
        }
        await Task.Run(Console.In.ReadToEnd);
        foreach (var app in apps)
        {
            await app.StopAsync();
        }
        return 0;
    }

    private static WebApplication Build(string configuration)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, Tokens>("test", null);
        builder.Services.AddAuthorization(o => o.AddPolicy("Admin", p => p.RequireRole("admin")));
        builder.Services.AddSignalR().AddMessagePackProtocol().AddStackExchangeRedis(configuration, o =>
        {
            o.Configuration.ChannelPrefix = RedisChannel.Literal("demo");
            o.Configuration.ClientName = $"interop-{Guid.NewGuid():N}";
        });
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapHub<ScenarioHub>("/scenario", o => o.AllowStatefulReconnects = true);
        app.MapHub<ScenarioHub>("/private", o => o.CloseOnAuthenticationExpiration = true).RequireAuthorization();
        return app;
    }

    /// <summary>
    /// Reads the token NAME, NAME;ROLE, or NAME;ROLE;EXPIRY in milliseconds of Unix time.
    /// The token "wrong" is refused.
    /// </summary>
    private sealed class Tokens(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? token = Request.Headers.Authorization;
            if (token is null || !token.StartsWith("Bearer "))
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }
            var parts = token["Bearer ".Length..].Split(';');
            if (parts[0] == "wrong")
            {
                return Task.FromResult(AuthenticateResult.Fail("the token is wrong"));
            }
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, parts[0])], "test");
            if (parts.Length > 1)
            {
                identity.AddClaim(new Claim(ClaimTypes.Role, parts[1]));
            }
            var properties = new AuthenticationProperties();
            if (parts.Length > 2)
            {
                properties.ExpiresUtc = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[2]));
            }
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), properties, "test")));
        }
    }
}
