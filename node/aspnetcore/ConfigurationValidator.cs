using Alachisoft.NCache.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace SignalMesh.AspNetCore;

/// <summary>Checks the settings when the host starts. The node checks the addresses and the credentials.</summary>
internal sealed class ConfigurationValidator : IValidateOptions<NCacheConfiguration>
{
    public ValidateOptionsResult Validate(string? name, NCacheConfiguration options)
    {
        var mesh = options.Mesh;
        if (!mesh.Enabled)
        {
            return ValidateOptionsResult.Success;
        }
        var errors = new List<string>();
        if (string.IsNullOrWhiteSpace(options.CacheName))
        {
            errors.Add("NCacheConfiguration:CacheName is missing. Set it in appsettings.json, in the environment (NCacheConfiguration__CacheName) or in AddNCache.");
        }
        if (string.IsNullOrWhiteSpace(options.Application))
        {
            errors.Add("NCacheConfiguration:ApplicationID is missing. Set it, or EventKey, in appsettings.json, in the environment (NCacheConfiguration__ApplicationID) or in AddNCache.");
        }
        if (!string.IsNullOrEmpty(mesh.Program) && !File.Exists(mesh.Program))
        {
            errors.Add($"NCacheConfiguration:Mesh:Program: there is no file {mesh.Program}. Correct the path, or remove the setting to use the program in the package.");
        }
        if (!string.IsNullOrEmpty(mesh.Endpoint) && !NodeAddress.TryParse(mesh.Endpoint, out _))
        {
            errors.Add($"NCacheConfiguration:Mesh:Endpoint: \"{mesh.Endpoint}\" is not an address. Write it as host:port, such as 127.0.0.1:6379, or as unix:/path.");
        }
        foreach (var (key, value) in new[] { ("StartTimeout", mesh.StartTimeout), ("StopTimeout", mesh.StopTimeout) })
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromHours(1))
            {
                errors.Add($"NCacheConfiguration:Mesh:{key}: {value} is not a time from 1 ms to 1 h. Write it as 00:00:15.");
            }
        }
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
