using System.Runtime.InteropServices;
using Soco.Distributed;
using Soco.Distributed.Mpi;
using Soco.Vision;

namespace Soco.Cli.Terminal;

/// <summary>
/// The processes that a launcher of MPI started with this one, and what the first one does for all: it prints, and it writes.
/// </summary>
internal static partial class ProcessGroup
{
    private const string VisibleDevices = "CUDA_VISIBLE_DEVICES";

    /// <summary>The processes; this one alone where there is no launcher.</summary>
    public static ICollective Current { get; private set; } = SingleProcess.Instance;

    /// <summary>Where the error that ends this process goes; other lines on standard error are the first one's alone.</summary>
    public static TextWriter Errors { get; private set; } = TextWriter.Null;

    /// <summary>
    /// Plain lines: launchers give each process a terminal that nobody looks at, and mix their output. Call it before the console is used.
    /// </summary>
    public static void PrepareConsole()
    {
        if (MpiCollective.IsLaunched)
        {
            Environment.SetEnvironmentVariable("TERM", "dumb");
        }
    }

    /// <summary>Joins the others, where a launcher started several.</summary>
    /// <exception cref="SocoRequestException">There is no MPI library, or another one than the launcher's.</exception>
    public static void Join()
    {
        if (!MpiCollective.IsLaunched)
        {
            return;
        }

        Errors = Console.Error;
        Current = MpiCollective.Join(sentence => Errors.WriteLine($"soco: {PlainText.Of(sentence)}"));
        if (!Current.IsFirst())
        {
            Console.SetOut(TextWriter.Null);
            Console.SetError(TextWriter.Null);
        }

        // Each process of a host takes a GPU of its own, unless somebody chose already. .NET keeps its own copy of the environment;
        // libtorch reads the system's.
        if (Current.IsShared() && Environment.GetEnvironmentVariable(VisibleDevices) is null && !OperatingSystem.IsWindows())
        {
            int place = Current.Hosts.Take(Current.Rank).Count(host => host == Current.Hosts[Current.Rank]);
            SetVariable(VisibleDevices, place.ToString(), 1);
        }
    }

    /// <summary>Leaves the others where all went as it should, and else ends them too.</summary>
    /// <param name="exitCode">Of this process.</param>
    /// <param name="isAgreed">Whether all processes end this way: done, or interrupted together.</param>
    public static void Leave(int exitCode, bool isAgreed)
    {
        if (!Current.IsShared() || isAgreed)
        {
            Current.Dispose();
        }
        else
        {
            Current.Abort(exitCode);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
