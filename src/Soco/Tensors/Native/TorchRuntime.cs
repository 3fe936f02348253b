using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using System.Text;
using Soco.Vision;
using Soco.Vision.IO;

namespace Soco.Tensors.Native;

/// <summary>
/// Readies the process for libtorch, before it is loaded. It becomes loadable on systems whose libstdc++ is older than the one that
/// TorchSharp's native library was linked against (Debian 12: gcc 12): the copy beside the program is edited once, at first use, or where the program's
/// folder is read-only, a copy in the user's cache folder; the package cache and newer systems stay untouched. And its threads wait for each other only
/// shortly before they sleep.
/// </summary>
public static partial class TorchRuntime
{
    /// <summary>
    /// How often a thread of libtorch looks for work before it sleeps (GNU OpenMP's GOMP_SPINCOUNT). Left to itself it looks for 300,000
    /// pauses, some 10 ms, several thousand times a step: beside a busy neighbor that takes the cores from whoever has the work. Of 5,000,
    /// about 0.2 ms, a step alone on its cores sees no cost.
    /// </summary>
    internal const string SpinCount = "5000";

    private const string NativeLibraryName = "libLibTorchSharp.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    // An empty function: libstdc++ 13 exports it only so that programs that use its streams load a library that initializes them.
    private const string MissingSymbol = "_ZSt21ios_base_library_initv";
    private const string StandIn = "_ZNSt6chrono3_V212steady_clock3nowEv";

    /// <summary>Readies the native library; called by itself before any code of this assembly runs. Safe to call again, and from several processes at once.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp loads its library on first touch; nothing later is early enough.")]
    public static void Ensure()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        LimitSpinning();
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || SystemHasVersion())
        {
            return;
        }

        string[] folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
        foreach (string path in folders.Select(folder => Path.Combine(folder, NativeLibraryName)).Where(File.Exists))
        {
            EditCopy(path);
        }
    }

    /// <summary>
    /// Edits one copy of the native library: a new file takes its place whole, so a hard link to the original stays as it was. Where it cannot be written,
    /// the runtime is given an edited copy in the user's cache folder, made when torch is first used.
    /// </summary>
    [SupportedOSPlatform("linux")]
    internal static void EditCopy(string path)
    {
        byte[] library = File.ReadAllBytes(path);
        if (!ElfSymbolVersionPatch.Apply(library, MissingVersion, MissingSymbol, StandIn))
        {
            return;
        }

        UnixFileMode mode = File.GetUnixFileMode(path);
        try
        {
            AtomicFile.Write(path, library);
            File.SetUnixFileMode(path, mode);
        }
        catch (SocoRunException)
        {
            var edited = new Lazy<string>(() => CopyToCache(path, library, CacheFolder()));
            AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name == "LibTorchSharp" ? NativeLibrary.Load(edited.Value) : 0;
        }
    }

    /// <summary>Puts an edited library into a folder of its own, beside links to its neighbors, which it loads.</summary>
    /// <param name="original">The library that was edited.</param>
    /// <param name="edited">Its bytes after the edit.</param>
    /// <param name="cache">Folder of the user's caches.</param>
    /// <returns>The edited library's path.</returns>
    /// <exception cref="SocoRequestException">The cache cannot be written.</exception>
    [SupportedOSPlatform("linux")]
    internal static string CopyToCache(string original, byte[] edited, string cache)
    {
        string folder = Path.Combine(cache, "soco", Convert.ToHexString(XxHash3.Hash([.. Encoding.UTF8.GetBytes(original), .. edited])));
        string library = Path.Combine(folder, Path.GetFileName(original));
        if (!File.Exists(library))
        {
            OutputFolder.Make(folder);
            foreach (string neighbor in Directory.GetFiles(Path.GetDirectoryName(original)!, "*.so*").Where(file => file != original))
            {
                string link = Path.Combine(folder, Path.GetFileName(neighbor));
                File.Delete(link);
                File.CreateSymbolicLink(link, neighbor);
            }

            AtomicFile.Write(library, edited);
        }

        return library;
    }

    private static string CacheFolder() =>
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");

    /// <summary>Sets the count in the environment of the process itself, where OpenMP reads it; .NET has a copy of its own. What the user has set stays.</summary>
    [SupportedOSPlatform("linux")]
    private static void LimitSpinning()
    {
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            SetNativeVariable("GOMP_SPINCOUNT", SpinCount, overwrite: 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);

    private static bool SystemHasVersion()
    {
        // The .NET runtime itself is linked against libstdc++, so the copy that libtorch will meet is mapped already.
        string? loaded = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so", StringComparison.Ordinal));
        return loaded is not null && File.ReadAllBytes(loaded).AsSpan().IndexOf("GLIBCXX_3.4.32\0"u8) >= 0;
    }
}
