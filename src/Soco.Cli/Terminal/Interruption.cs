using System.Runtime.InteropServices;
using Soco.Distributed;

namespace Soco.Cli.Terminal;

/// <summary>
/// Ctrl-C, SIGTERM, SIGUSR1, and SIGHUP, as when a terminal is closed: the first asks the work to finish its step and save, a second ends
/// the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>SIGUSR1, which Slurm sends before a job's time is over if it is asked to, and which mpirun hands on.</summary>
    public const int User1OnLinux = 10;

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Interruption()
    {
        Register(PosixSignal.SIGINT, 130);
        Register(PosixSignal.SIGTERM, 143);
        Register(PosixSignal.SIGHUP, 129);
        if (OperatingSystem.IsLinux())
        {
            Register((PosixSignal)User1OnLinux, 128 + User1OnLinux);
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP, 138 after SIGUSR1, 0 before any.</summary>
    public int ExitCode { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Register(PosixSignal signal, int exitCode) =>
        _registrations.Add(
            PosixSignalRegistration.Create(
                signal,
                context =>
                {
                    if (_source.IsCancellationRequested)
                    {
                        return;
                    }

                    context.Cancel = true;
                    ExitCode = exitCode;
                    if (ProcessGroup.Current.IsFirst())
                    {
                        Console.Error.WriteLine("Finishing what is under way, to save it; a second signal stops at once.");
                    }

                    _source.Cancel();
                }
            )
        );
}
