using System.CommandLine;
using Soco.Cli.Terminal;
using Soco.Jobs;

namespace Soco.Cli.Commands;

/// <summary><c>soco doctor</c>: what this machine and this installation can do, and what to fix.</summary>
internal static class DoctorCommand
{
    private const int Failed = 1;

    public static Command Create()
    {
        var command = new Command("doctor", "Look whether this machine and this installation can do the work, and say what to fix.");
        command.SetAction(_ =>
        {
            IReadOnlyList<Finding> findings = new DoctorJob().Run(Environment.CurrentDirectory);
            foreach (Finding finding in findings)
            {
                string sign = finding.Health switch
                {
                    Health.Good => "ok",
                    Health.Limited => "--",
                    _ => "NO",
                };
                Console.WriteLine($"{sign}  {finding.Part, -10} {PlainText.Of(finding.Found)}");
                if (finding.Advice.Length > 0)
                {
                    Console.WriteLine($"{"", -15}{finding.Advice}");
                }
            }

            return findings.Any(finding => finding.Health == Health.Broken) ? Failed : 0;
        });
        return command;
    }
}
