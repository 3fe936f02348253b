using System.Runtime.InteropServices;
using Soco.Vision;

namespace Soco.Cli.Terminal;

/// <summary>Starts this command again as several processes, with the launcher of the MPI library that is installed.</summary>
internal static partial class MpiRun
{
    /// <summary>The option of commands that several processes can carry out.</summary>
    public const string Option = "--processes";

    private const string Launcher = "mpirun";

    // What Open MPI should know: more processes than cores are meant, threads choose their cores themselves, a save takes longer than a second, and whoever
    // started this command as root meant it. Other launchers do not read these.
    private static readonly (string Name, string Value)[] s_settings =
    [
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("OMPI_MCA_hwloc_base_binding_policy", "none"),
        ("OMPI_MCA_odls_base_sigkill_timeout", "120"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
        ("PRTE_MCA_hwloc_default_binding_policy", "none"),
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
    ];

    /// <summary>Becomes the launcher; returns only where that fails.</summary>
    /// <param name="processes">How many.</param>
    /// <param name="arguments">Of this command.</param>
    /// <exception cref="SocoRequestException">There is no launcher, or the number is not possible.</exception>
    public static void Become(int processes, string[] arguments)
    {
        if (processes < 1)
        {
            throw new SocoRequestException($"{Option} {processes} is not possible: give at least 1.");
        }

        foreach ((string name, string value) in s_settings)
        {
            if (Environment.GetEnvironmentVariable(name) is null)
            {
                SetVariable(name, value, 1);
            }
        }

        string runtime = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(runtime) == "dotnet" ? [runtime, Environment.GetCommandLineArgs()[0]] : [runtime];
        string?[] words = [Launcher, "-n", processes.ToString(), .. program, .. Without(arguments), null];
        Console.Out.Flush();
        Replace(Launcher, words);
        throw new SocoRequestException($"{Option} needs an MPI launcher, and there is no {Launcher}: install one, such as Debian's openmpi-bin, or leave {Option} out.");
    }

    private static IEnumerable<string> Without(string[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == Option)
            {
                i++;
            }
            else if (!arguments[i].StartsWith(Option + "=", StringComparison.Ordinal) && !arguments[i].StartsWith(Option + ":", StringComparison.Ordinal))
            {
                yield return arguments[i];
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "execvp", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Replace(string file, string?[] words);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
