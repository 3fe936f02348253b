using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Soco.Tensors.Native;

/// <summary>
/// Makes libtorch loadable on systems whose libstdc++ is older than the one that TorchSharp's native library was linked against
/// (Debian 12: gcc 12). The copy beside the program is edited once, at first use; the package cache and newer systems stay untouched.
/// </summary>
public static class TorchRuntime
{
    private const string NativeLibraryName = "libLibTorchSharp.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    // An empty function: libstdc++ 13 exports it only so that programs that use its streams load a library that initialises them.
    private const string MissingSymbol = "_ZSt21ios_base_library_initv";
    private const string StandIn = "_ZNSt6chrono3_V212steady_clock3nowEv";

    /// <summary>Readies the native library; called by itself before any code of this assembly runs. Safe to call again, and from several processes at once.</summary>
    /// <exception cref="SocoRunException">The library needs the edit and its folder cannot be written.</exception>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp loads its library on first touch; nothing later is early enough.")]
    public static void Ensure()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || SystemHasVersion())
        {
            return;
        }

        string[] folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
        foreach (string path in folders.Select(folder => Path.Combine(folder, NativeLibraryName)).Where(File.Exists))
        {
            EditCopy(path);
        }
    }

    /// <summary>Edits one copy of the native library: a new file takes its place whole, so a hard link to the original stays as it was.</summary>
    [SupportedOSPlatform("linux")]
    internal static void EditCopy(string path)
    {
        byte[] library = File.ReadAllBytes(path);
        if (!ElfSymbolVersionPatch.Apply(library, MissingVersion, MissingSymbol, StandIn))
        {
            return;
        }

        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(temporary, library);
            File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SocoRunException(
                $"{path} must be adapted once to this system's libstdc++ (it lacks {MissingVersion}), but it cannot be written: run soco once as a user who may.",
                exception);
        }
    }

    private static bool SystemHasVersion()
    {
        // The .NET runtime itself is linked against libstdc++, so the copy that libtorch will meet is mapped already.
        string? loaded = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so", StringComparison.Ordinal));
        return loaded is not null && File.ReadAllBytes(loaded).AsSpan().IndexOf("GLIBCXX_3.4.32\0"u8) >= 0;
    }
}
