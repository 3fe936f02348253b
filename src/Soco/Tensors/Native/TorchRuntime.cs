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
/// What libtorch needs of the process. On systems whose libstdc++ is older than the one that TorchSharp's native library was linked against
/// (Debian 12: gcc 12) the library becomes loadable at its first use: the copy beside the program is edited once, or where the program's
/// folder is read-only, a copy in the user's cache folder; the package cache and newer systems stay untouched.
/// </summary>
public static partial class TorchRuntime
{
    /// <summary>
    /// How often a thread of libtorch looks for work before it sleeps (GNU OpenMP's GOMP_SPINCOUNT). Left to itself it looks for 300,000
    /// pauses, some 10 ms, several thousand times a step: beside a busy neighbor that takes the cores from whoever has the work. Of 5,000,
    /// about 0.2 ms, a step alone on its cores sees no cost.
    /// </summary>
    internal const string SpinCount = "5000";

    private const string LibraryName = "LibTorchSharp";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    // An empty function: libstdc++ 13 exports it only so that programs that use its streams load a library that initializes them.
    private const string MissingSymbol = "_ZSt21ios_base_library_initv";
    private const string StandIn = "_ZNSt6chrono3_V212steady_clock3nowEv";

    /// <summary>Why the library could not be made loadable, in a sentence; null where nothing went wrong.</summary>
    public static string? LoadError { get; private set; }

    /// <summary>
    /// Lets the threads of libtorch wait for each other only shortly before they sleep, in the environment of this process; what the user
    /// has set stays. It has no effect once torch has been used.
    /// </summary>
    public static void LimitSpinning()
    {
        // .NET has a copy of the environment; OpenMP reads the process's own.
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            SetNativeVariable("GOMP_SPINCOUNT", SpinCount, overwrite: 0);
        }
    }

    /// <summary>Offers the edited library to the runtime, which asks for it only where the library cannot be loaded as it is.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp loads its library on first touch; nothing later is early enough.")]
    internal static void Register() =>
        AssemblyLoadContext.GetLoadContext(typeof(TorchRuntime).Assembly)!.ResolvingUnmanagedDll += (_, name) =>
            name == LibraryName && OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
                ? LoadEdited()
                : 0;

    [SupportedOSPlatform("linux")]
    private static nint LoadEdited()
    {
        string[] folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
        string? library = folders.Select(folder => Path.Combine(folder, $"lib{LibraryName}.so")).FirstOrDefault(File.Exists);
        try
        {
            return library is not null && NativeLibrary.TryLoad(Edited(library, CacheFolder()), out nint handle) ? handle : 0;
        }
        catch (SocoException error)
        {
            // TorchSharp looks further, and its own error says nothing of this.
            LoadError = error.Message;
            return 0;
        }
    }

    /// <summary>
    /// Edits a copy of the native library: a new file takes its place whole, so a hard link to the original stays as it was. Where it
    /// cannot be written, an edited copy goes to the user's cache folder.
    /// </summary>
    /// <param name="path">The library.</param>
    /// <param name="cache">Folder of the user's caches.</param>
    /// <returns>The library to load; the original where it needs no edit.</returns>
    /// <exception cref="SocoRequestException">The cache cannot be written.</exception>
    [SupportedOSPlatform("linux")]
    internal static string Edited(string path, string cache)
    {
        byte[] library = File.ReadAllBytes(path);
        if (!ElfSymbolVersionPatch.Apply(library, MissingVersion, MissingSymbol, StandIn))
        {
            return path;
        }

        UnixFileMode mode = File.GetUnixFileMode(path);
        try
        {
            AtomicFile.Write(path, library);
            File.SetUnixFileMode(path, mode);
            return path;
        }
        catch (SocoRunException)
        {
            return CopyToCache(path, library, cache);
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
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder
            ? folder
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
                ".cache"
            );

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}
