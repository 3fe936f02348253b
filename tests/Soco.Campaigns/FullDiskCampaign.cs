using System.Diagnostics;

namespace Soco.Campaigns;

/// <summary>
/// Long commands on disks (tmpfs) that become full while they run. Each must end with an error that says so; with more room the same
/// command must end with, byte for byte, what a run leaves that had room from the start. Needs the right to mount: root, or <c>unshare
/// --user --map-root-user --mount</c>.
/// </summary>
internal static class FullDiskCampaign
{
    private const int Page = 4096;

    /// <summary>Runs a command on disks of growing size.</summary>
    /// <param name="commands">Where its images are.</param>
    /// <param name="command">The command.</param>
    /// <param name="disks">Disks, with room from none up to what the command needs.</param>
    /// <param name="onFault">Called for each fault, with a line that tells it.</param>
    /// <returns>A row of the table.</returns>
    public static string Run(LongCommands commands, LongCommand command, int disks, Action<string> onFault)
    {
        string disk = commands.In("disk"),
            run = Path.Combine(disk, "run");
        Directory.CreateDirectory(disk);
        Mount("-t", "tmpfs", "-o", "size=4g", "soco", disk);
        (int exitCode, string error) = command.Start(run);
        string expected = command.Fingerprint(run);
        long needed = new DirectoryInfo(disk)
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => (file.Length + Page - 1) / Page * Page);
        Unmount(disk);
        int full = 0,
            faults = 0;
        for (int i = 0; exitCode == 0 && i < disks; i++)
        {
            long room = needed * i / disks;
            Mount("-t", "tmpfs", "-o", $"size={Page + room}", "soco", disk);
            File.WriteAllBytes(Path.Combine(disk, "page"), new byte[Page]);
            (int first, error) = command.Start(run);
            full += first == 0 ? 0 : 1;
            bool said = first == 0 || (first is 1 or 2 && error.Contains("space", StringComparison.Ordinal));
            Mount("-o", "remount,size=4g", disk);
            (int second, string secondError) = command.Start(run);
            string difference =
                !said ? $"exit code {first}: {error}"
                : second != 0 ? $"with room again: {secondError}"
                : command.Fingerprint(run) == expected ? ""
                : $"{command.Results} differ from those of a run that had room";
            if (difference.Length > 0)
            {
                faults++;
                onFault($"{command.Name}, room for {room} bytes: {difference}");
            }

            Unmount(disk);
        }

        if (exitCode != 0)
        {
            onFault($"{command.Name}: {error}");
            faults++;
        }

        return $"| {command.Name} | {disks} | {full} | {faults} |";
    }

    private static void Mount(params string[] arguments) => Call("mount", arguments);

    private static void Unmount(string disk) => Call("umount", [disk]);

    private static void Call(string program, string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} failed; the campaign of full disks needs the right to mount"
            );
        }
    }
}
