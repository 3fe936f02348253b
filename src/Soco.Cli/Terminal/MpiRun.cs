using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Soco.Vision;

namespace Soco.Cli.Terminal;

/// <summary>Runs this command again as several processes, with the launcher of the MPI library that is installed.</summary>
internal static partial class MpiRun
{
    /// <summary>The option of commands that several processes can carry out.</summary>
    public const string Option = "--processes";

    private const string Launcher = "mpirun";
    private const string OwnSession = "/usr/bin/setsid";

    private const int Terminate = 15;

    // What Open MPI should know: more processes than cores are meant, threads choose their cores themselves, and whoever started this
    // command as root meant it.
    // Other launchers do not read these.
    private static readonly (string Name, string Value)[] s_settings =
    [
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("OMPI_MCA_hwloc_base_binding_policy", "none"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
        ("PRTE_MCA_hwloc_default_binding_policy", "none"),
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
    ];

    /// <summary>Runs the processes to their end.</summary>
    /// <param name="processes">How many.</param>
    /// <param name="arguments">Of this command.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="SocoRequestException">There is no launcher, or the number is not possible.</exception>
    public static int Run(int processes, string[] arguments)
    {
        if (processes < 1)
        {
            throw new SocoRequestException($"{Option} {processes} is not possible: give at least 1.");
        }

        string runtime = Environment.ProcessPath!;
        string[] program =
            Path.GetFileNameWithoutExtension(runtime) == "dotnet" ? [runtime, Environment.GetCommandLineArgs()[0]] : [runtime];
        string[] words = [Launcher, "-n", processes.ToString(), .. program, .. Without(arguments)];

        // In a session of its own the launcher does not see Ctrl-C, which it would turn into the end of all processes a second later.
        bool apart = File.Exists(OwnSession) && !OperatingSystem.IsWindows();
        var start = new ProcessStartInfo(apart ? OwnSession : words[0], apart ? words : words[1..]);
        foreach ((string name, string value) in s_settings)
        {
            start.Environment.TryAdd(name, value);
        }

        try
        {
            using Process launcher = Process.Start(start)!;
            using var signals = new ForwardedSignals(launcher.Id);
            launcher.WaitForExit();

            // What setsid cannot start it says itself.
            return apart && launcher.ExitCode is 126 or 127 ? throw Missing(null) : signals.ExitCode ?? launcher.ExitCode;
        }
        catch (Win32Exception error)
        {
            throw Missing(error);
        }
    }

    private static SocoRequestException Missing(Exception? error) =>
        new(
            $"{Option} needs an MPI launcher, and there is no {Launcher}: install one, such as Debian's openmpi-bin, or leave {Option} out.",
            error
        );

    private static IEnumerable<string> Without(string[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == Option)
            {
                i++;
            }
            else if (
                !arguments[i].StartsWith(Option + "=", StringComparison.Ordinal)
                && !arguments[i].StartsWith(Option + ":", StringComparison.Ordinal)
            )
            {
                yield return arguments[i];
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);

    /// <summary>
    /// Signals that end this command: the first one goes on to the processes as SIGUSR1, which launchers hand on at once and which lets
    /// them save; a second one ends the launcher.
    /// </summary>
    private sealed class ForwardedSignals : IDisposable
    {
        private readonly int _launcher;
        private readonly List<PosixSignalRegistration> _registrations = [];

        public ForwardedSignals(int launcher)
        {
            _launcher = launcher;
            Register(PosixSignal.SIGINT, 130);
            Register(PosixSignal.SIGTERM, 143);
            Register(PosixSignal.SIGHUP, 129);
        }

        public int? ExitCode { get; private set; }

        public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

        private void Register(PosixSignal signal, int exitCode) =>
            _registrations.Add(
                PosixSignalRegistration.Create(
                    signal,
                    context =>
                    {
                        context.Cancel = true;
                        if (!OperatingSystem.IsWindows())
                        {
                            Send(_launcher, ExitCode is null ? Interruption.User1OnLinux : Terminate);
                        }

                        ExitCode ??= exitCode;
                    }
                )
            );
    }
}
