using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;

namespace SignalMesh.AspNetCore;

/// <summary>The program of the node: where it is, and that this user may run it.</summary>
internal sealed class NodeProgram : IDisposable
{
    private readonly string? copy; // folder of a copy; null: the program is run where it is

    private NodeProgram(string path, string? copy)
    {
        Path = path;
        this.copy = copy;
    }

    public string Path { get; }

    /// <summary>Finds the program that a setting names, or the one in the package.</summary>
    public static NodeProgram Open(string? given, ILogger log)
    {
        var path = string.IsNullOrEmpty(given) ? Find() : given;
        return OperatingSystem.IsWindows() ? new NodeProgram(path, null) : Executable(path, log);
    }

    /// <summary>Removes the copy, if there is one. On Unix a program that runs may be removed.</summary>
    public void Dispose()
    {
        if (copy is null)
        {
            return;
        }
        try
        {
            Directory.Delete(copy, true);
        }
        catch (IOException)
        {
            // It is gone, or the system removes it with its temporary files.
        }
    }

    private static string Find()
    {
        var os = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        var rid = $"{os}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        var name = OperatingSystem.IsWindows() ? "signalmesh-node.exe" : "signalmesh-node";
        var places = new List<string>
        {
            System.IO.Path.Combine(AppContext.BaseDirectory, name),
            System.IO.Path.Combine(AppContext.BaseDirectory, "runtimes", rid, "native", name),
        };
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string folders)
        {
            places.AddRange(folders.Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(f => System.IO.Path.Combine(f, name)));
        }
        return places.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException(
            $"SignalMesh: the package has no node for {rid}, or the node was not published. Looked at {string.Join(", ", places)}. "
            + "Set NCacheConfiguration:Mesh:Program to the path of the program signalmesh, or Mesh:Endpoint to a node that runs already.");
    }

    [DllImport("libc", EntryPoint = "access")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    // NuGet lets only the owner run a file, and another user may run the server.
    [UnsupportedOSPlatform("windows")]
    private static NodeProgram Executable(string path, ILogger log)
    {
        const int execute = 1;
        if (Access(path, execute) == 0)
        {
            return new NodeProgram(path, null);
        }
        try
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            return new NodeProgram(path, null);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return Copy(path, e, log);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static NodeProgram Copy(string path, Exception why, ILogger log)
    {
        try
        {
            var folder = Directory.CreateTempSubdirectory("signalmesh-").FullName; // only this user may enter it
            var copy = System.IO.Path.Combine(folder, "signalmesh-node");
            File.Copy(path, copy);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            log.LogInformation("This user may not run {Path} ({Reason}); a copy in {Copy} is run", path, why.Message, copy);
            return new NodeProgram(copy, folder);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InvalidOperationException(
                $"SignalMesh: this user may not run {path}, and no copy can be made in {System.IO.Path.GetTempPath()} ({e.Message}). "
                + $"Run \"chmod 755 {path}\" when the application is published, or set TMPDIR to a folder that this user may write to.", e);
        }
    }
}
