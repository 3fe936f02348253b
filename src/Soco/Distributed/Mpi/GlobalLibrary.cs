using System.Runtime.InteropServices;

namespace Soco.Distributed.Mpi;

/// <summary>Loads a library so that what it loads itself finds its symbols, as plug-ins of Open MPI need.</summary>
internal static partial class GlobalLibrary
{
    private const int LazyGlobalOnLinux = 0x101;

    /// <summary>The library, or 0 where it is not there.</summary>
    public static nint Open(string name)
    {
        if (OperatingSystem.IsLinux())
        {
            return Open(name, LazyGlobalOnLinux);
        }

        return NativeLibrary.TryLoad(name, out nint library) ? library : 0;
    }

    [LibraryImport("libc.so.6", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string name, int flags);
}
