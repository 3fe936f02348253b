using System.Globalization;
using Soco.Campaigns;

// dotnet run -c Release --project tests/Soco.Campaigns -- [--mutations N] [--kind NAME] [--kills N] [--full-disks N]: prints the tables of
// docs/reliability.md, faults on standard error.
if (args is [MutationCampaign.Child, var name, var first, var count])
{
    MutationCampaign.Read(FileFormat.All.Single(format => format.Name == name), Number(first), Number(count));
    return 0;
}

int faults = 0;
if (Option("--mutations", 100_000) is > 0 and var mutations)
{
    Console.WriteLine(
        "| kind of file | damaged files | read all the same | refused with a sentence | other exceptions | crashes | hangs | peak memory, MB |"
    );
    Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|");
    string? kind = Array.IndexOf(args, "--kind") is >= 0 and var place && place + 1 < args.Length ? args[place + 1] : null;
    FileFormat[] formats = [.. FileFormat.All.Where(format => kind is null || format.Name == kind)];
    foreach (FileFormat format in formats)
    {
        Console.WriteLine(MutationCampaign.Run(format, mutations / formats.Length, Fault).Row);
    }
}

using var commands = new LongCommands();
if (Option("--kills", 50) is > 0 and var kills)
{
    Console.WriteLine();
    Console.WriteLine("| command | kills | runs | runs that ended otherwise |");
    Console.WriteLine("|---|--:|--:|--:|");
    foreach (LongCommand command in commands.All)
    {
        Console.WriteLine(KillCampaign.Run(commands, command, kills, Fault));
    }
}

if (Option("--full-disks", 0) is > 0 and var disks)
{
    Console.WriteLine();
    Console.WriteLine("| command | disks | full before the end | runs that ended otherwise |");
    Console.WriteLine("|---|--:|--:|--:|");
    foreach (LongCommand command in commands.All)
    {
        Console.WriteLine(FullDiskCampaign.Run(commands, command, disks, Fault));
    }
}

return faults == 0 ? 0 : 1;

void Fault(string line)
{
    faults++;
    Console.Error.WriteLine(line);
}

int Option(string option, int otherwise) =>
    Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? Number(args[at + 1]) : otherwise;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
