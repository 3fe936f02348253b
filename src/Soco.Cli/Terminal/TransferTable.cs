using Soco.Weights;
using Spectre.Console;

namespace Soco.Cli.Terminal;

/// <summary>What a detector took over from pretrained weights.</summary>
internal static class TransferTable
{
    private const int MisfitsShown = 8;

    /// <summary>The parts of the detector, and how many of their tensors came over.</summary>
    public static void Print(TransferReport report)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 160;
        }

        var table = new Table().AddColumns("part of the detector", "taken over", "fresh", "did not fit").Border(TableBorder.Simple);
        foreach (
            string part in report
                .Taken.Select(t => t.Name)
                .Concat(report.Fresh.Select(t => t.Name))
                .Select(TransferReport.PartOf)
                .Distinct()
        )
        {
            FreshTensor[] fresh = [.. report.Fresh.Where(t => TransferReport.PartOf(t.Name) == part)];
            int misfits = fresh.Count(t => t.ShapeInFile is not null);
            table.AddRow(
                part,
                $"{report.Taken.Count(t => TransferReport.PartOf(t.Name) == part)}",
                $"{fresh.Length - misfits}",
                $"{misfits}"
            );
        }

        AnsiConsole.Write(table);
        Console.WriteLine(report.Describe());
        FreshTensor[] misshaped = [.. report.Fresh.Where(t => t.ShapeInFile is not null)];
        foreach (FreshTensor tensor in misshaped.Take(MisfitsShown))
        {
            Console.WriteLine(
                $"  {tensor.Name} is [{string.Join(", ", tensor.ShapeInFile!)}] in the file and [{string.Join(", ", tensor.Shape)}] here"
            );
        }

        if (misshaped.Length > MisfitsShown)
        {
            Console.WriteLine($"  and {misshaped.Length - MisfitsShown} more, see transfer.json in the run folder");
        }
    }
}
