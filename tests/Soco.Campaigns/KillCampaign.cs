using System.Diagnostics;

namespace Soco.Campaigns;

/// <summary>
/// Long commands, killed at random moments and given again until they end. What they leave must be, byte for byte, what a run leaves that
/// nothing stopped.
/// </summary>
internal static class KillCampaign
{
    /// <summary>Kills a command as often as asked.</summary>
    /// <param name="commands">Where its images are.</param>
    /// <param name="command">The command.</param>
    /// <param name="kills">Kills.</param>
    /// <param name="onFault">Called for each fault, with a line that tells it.</param>
    /// <returns>A row of the table.</returns>
    public static string Run(LongCommands commands, LongCommand command, int kills, Action<string> onFault)
    {
        string run = commands.In("run");
        var random = new Random(1);
        var clock = Stopwatch.StartNew();
        (int exitCode, string error) = command.Start(run);
        int whole = (int)clock.ElapsedMilliseconds,
            killed = 0,
            runs = 0,
            faults = 0;
        if (exitCode != 0)
        {
            onFault($"{command.Name}: {error}");
            return $"| {command.Name} | 0 | 0 | 1 |";
        }

        string expected = command.Fingerprint(run);
        Directory.Delete(run, recursive: true);
        while (killed < kills)
        {
            runs++;
            int here = 0;
            do
            {
                (exitCode, error) = command.Start(run, here < 5 ? random.Next(whole / 10, whole) : null);
                here += exitCode == 137 ? 1 : 0;
            } while (exitCode == 137);
            killed += here;
            string difference =
                exitCode != 0 ? error
                : command.Fingerprint(run) == expected ? ""
                : $"{command.Results} differ from those of a run that nothing stopped";
            if (difference.Length > 0)
            {
                faults++;
                onFault($"{command.Name}, run {runs} after {here} kills: {difference}");
            }

            Directory.Delete(run, recursive: true);
        }

        return $"| {command.Name} | {killed} | {runs} | {faults} |";
    }
}
