using System.Diagnostics;
using System.Globalization;

namespace Soco.Campaigns;

/// <summary>
/// Damaged files of every kind, read in a child process under limits of memory and time. Each must be read or refused with a sentence;
/// anything else (another exception, the end of the process, no answer) is a fault.
/// </summary>
internal static class MutationCampaign
{
    /// <summary>The first argument of a child process.</summary>
    public const string Child = "read-mutations";

    private const string HeapLimit = "0x30000000";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Reads mutations of one kind, after the whole files they are made of, and prints what became of each, a line each; runs in the child.
    /// </summary>
    /// <param name="format">The kind.</param>
    /// <param name="first">Number of the first mutation.</param>
    /// <param name="count">Mutations.</param>
    public static void Read(FileFormat format, int first, int count)
    {
        foreach ((int number, Exception? error) in format.ReadMutations(first, count))
        {
            Console.WriteLine(
                $"{number} {error switch
            {
                null => "read",
                _ when FileFormat.IsRefusal(error) => "refused",
                _ => $"fault {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}",
            }}"
            );
        }

        Console.WriteLine($"peak {PeakMegabytes()}");
    }

    /// <summary>Runs the campaign for one kind.</summary>
    /// <param name="format">The kind.</param>
    /// <param name="count">Mutations.</param>
    /// <param name="onFault">Called for each fault, with a line that tells it.</param>
    public static MutationResult Run(FileFormat format, int count, Action<string> onFault)
    {
        var result = new MutationResult(format.Name);
        for (int next = 0; next < count; )
        {
            next = RunChild(format, next, count - next, result, onFault);
        }

        return result;
    }

    /// <returns>The number of the next mutation: a child that ended early is followed by another one.</returns>
    private static int RunChild(FileFormat format, int first, int count, MutationResult result, Action<string> onFault)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [typeof(MutationCampaign).Assembly.Location, Child, format.Name, $"{first}", $"{count}"]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit;
        using Process child = Process.Start(start)!;
        child.ErrorDataReceived += (_, _) => { };
        child.BeginErrorReadLine();
        int next = first;
        while (true)
        {
            Task<string?> line = child.StandardOutput.ReadLineAsync();
            if (!line.Wait(s_patience))
            {
                child.Kill();
                result.Hangs++;
                onFault($"{format.Name}, mutation {next}: no answer within {s_patience.TotalSeconds} s");
                return next + 1;
            }

            if (line.Result is not { } said)
            {
                break;
            }

            string[] words = said.Split(' ', 2);
            if (words[0] == "peak")
            {
                result.PeakMegabytes = Math.Max(result.PeakMegabytes, int.Parse(words[1], CultureInfo.InvariantCulture));
                continue;
            }

            next = int.Parse(words[0], CultureInfo.InvariantCulture) + 1;
            result.Count(words[1]);
            if (words[1].StartsWith("fault", StringComparison.Ordinal))
            {
                onFault($"{format.Name}, mutation {words[0]}: {words[1]}");
            }
        }

        child.WaitForExit();
        if (next == first + count)
        {
            return next;
        }

        result.Crashes++;
        onFault($"{format.Name}, mutation {next}: the process ended with {child.ExitCode}");
        return next + 1;
    }

    private static int PeakMegabytes() =>
        OperatingSystem.IsLinux()
            ? int.Parse(
                File.ReadLines("/proc/self/status")
                    .First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture
            ) / 1024
            : (int)(Process.GetCurrentProcess().PeakWorkingSet64 >> 20);
}

/// <summary>What became of the mutations of one kind.</summary>
/// <param name="format">Name of the kind.</param>
internal sealed class MutationResult(string format)
{
    /// <summary>Read all the same.</summary>
    public int Accepted { get; private set; }

    /// <summary>Refused with a sentence.</summary>
    public int Refused { get; private set; }

    /// <summary>Exceptions that no user should see.</summary>
    public int Faults { get; private set; }

    /// <summary>Ends of the process.</summary>
    public int Crashes { get; set; }

    /// <summary>Mutations without an answer in time.</summary>
    public int Hangs { get; set; }

    /// <summary>The most memory of a child, MB.</summary>
    public int PeakMegabytes { get; set; }

    /// <summary>Counts one that was answered.</summary>
    public void Count(string outcome) =>
        _ = outcome switch
        {
            "read" => Accepted++,
            "refused" => Refused++,
            _ => Faults++,
        };

    /// <summary>A row of the table.</summary>
    public string Row =>
        $"| {format} | {Accepted + Refused + Faults + Crashes + Hangs:N0} | {Accepted:N0} | {Refused:N0} | {Faults} | {Crashes} | {Hangs} | {PeakMegabytes} |";
}
