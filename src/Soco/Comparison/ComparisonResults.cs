using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.IO;

namespace Soco.Comparison;

/// <summary>What a comparison has measured so far, and how it came about: <c>results.json</c>.</summary>
public sealed record ComparisonResults
{
    /// <summary>What it ran on.</summary>
    public required ComparisonMachine Machine { get; init; }

    /// <summary>The version of Soco, with the commit it was built from.</summary>
    public required string Soco { get; init; }

    /// <summary>The command that goes on with it.</summary>
    public required string Command { get; init; }

    /// <summary>When the first cell was begun, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Time of all sessions.</summary>
    public required double Seconds { get; init; }

    /// <summary>What a reader must know of the data; empty for nothing.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>How many images there are, and where those of the test are.</summary>
    public required ComparisonCounts Data { get; init; }

    /// <summary>The configuration with all values resolved.</summary>
    public required JsonNode? Config { get; init; }

    /// <summary>The arm that the differences are taken to; null: none.</summary>
    public required string? Baseline { get; init; }

    /// <summary>Whether budgets are objects a class, not images.</summary>
    public bool BudgetsPerClass { get; init; }

    /// <summary>Cells of the whole matrix.</summary>
    public required int CellsInAll { get; init; }

    /// <summary>The cells that are finished, in the order in which they are run.</summary>
    public required IReadOnlyList<CellResult> Cells { get; init; }

    /// <summary>The arms of each budget, as far as they are known.</summary>
    public required IReadOnlyList<TableRow> Table { get; init; }

    /// <summary>Reads what a folder has; null where it has nothing yet.</summary>
    /// <exception cref="SocoDataException">The file is damaged.</exception>
    public static ComparisonResults? Find(ComparisonFolder folder)
    {
        try
        {
            return File.Exists(folder.ResultsPath)
                ? JsonSerializer.Deserialize<ComparisonResults>(File.ReadAllBytes(folder.ResultsPath), CellResult.Json)
                : null;
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{folder.ResultsPath} is damaged ({error.Message.TrimEnd('.')}); delete it, and `soco compare` makes it again.",
                error
            );
        }
    }

    /// <summary>The table of finished cells: budgets rising, arms in their order.</summary>
    /// <param name="config">Arms and baseline.</param>
    /// <param name="cells">The finished cells.</param>
    public static IReadOnlyList<TableRow> TableOf(ComparisonConfig config, IReadOnlyList<CellResult> cells)
    {
        ILookup<(string Arm, int Budget), CellResult> byRow = cells.ToLookup(cell => (cell.Arm, cell.Budget));
        return
        [
            .. from budget in config.Budgets from arm in config.Arms where byRow.Contains((arm.Name, budget)) select Row(arm.Name, budget),
        ];

        TableRow Row(string arm, int budget)
        {
            IEnumerable<CellResult> own = byRow[(arm, budget)];
            IEnumerable<CellResult>? baseline = config.Baseline is null || arm == config.Baseline ? null : byRow[(config.Baseline, budget)];
            return new TableRow(arm, budget, [.. own.Select(cell => cell.Seed)], Of(cell => cell.Bbox)!, Of(cell => cell.Segm));

            SpreadFigures? Of(Func<CellResult, CellFigures?> figures)
            {
                return own.Any(cell => figures(cell) is not null)
                    ? new SpreadFigures(Spread(figure => figure.Ap), Spread(figure => figure.Ap50), Spread(figure => figure.Ap75))
                    : null;

                Spread? Spread(Func<CellFigures, double?> value) =>
                    Comparison.Spread.Of(BySeed(own, value), baseline is null ? null : BySeed(baseline, value));

                Dictionary<long, double> BySeed(IEnumerable<CellResult> of, Func<CellFigures, double?> value) =>
                    of.Where(cell => figures(cell) is { } known && value(known) is not null)
                        .ToDictionary(cell => cell.Seed, cell => value(figures(cell)!)!.Value);
            }
        }
    }

    /// <summary>Writes <c>results.json</c>, <c>results.csv</c> and <c>table.md</c>, each whole or not at all.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Save(ComparisonFolder folder)
    {
        AtomicFile.Write(folder.ResultsPath, JsonSerializer.SerializeToUtf8Bytes(this, CellResult.Json));
        AtomicFile.Write(folder.CsvPath, Encoding.UTF8.GetBytes(ToCsv()));
        AtomicFile.Write(folder.TablePath, Encoding.UTF8.GetBytes(ComparisonTable.ToMarkdown(this)));
    }

    private string ToCsv()
    {
        var text = new StringBuilder(
            "arm,budget,seed,box_AP,box_AP50,box_AP75,mask_AP,mask_AP50,mask_AP75,pretrain_seconds,finetune_seconds,iterations,run\n"
        );
        foreach (CellResult cell in Cells)
        {
            object?[] values =
            [
                cell.Arm,
                cell.Budget,
                cell.Seed,
                cell.Bbox.Ap,
                cell.Bbox.Ap50,
                cell.Bbox.Ap75,
                cell.Segm?.Ap,
                cell.Segm?.Ap50,
                cell.Segm?.Ap75,
                cell.PretrainSeconds,
                cell.FinetuneSeconds,
                cell.Iterations,
                cell.Run,
            ];
            text.AppendJoin(',', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture))).Append('\n');
        }

        return text.ToString();
    }
}

/// <summary>What a comparison ran on.</summary>
/// <param name="Cpu">The processor.</param>
/// <param name="Cores">Logical cores.</param>
/// <param name="Memory">With its unit.</param>
/// <param name="Threads">Threads of computation.</param>
/// <param name="Os">The operating system.</param>
public sealed record ComparisonMachine(string Cpu, int Cores, string Memory, int Threads, string Os)
{
    /// <summary>The machine that this process runs on.</summary>
    /// <param name="threads">Threads of computation; 0 is one for each core.</param>
    public static ComparisonMachine This(int threads)
    {
        Machine machine = Machine.This();
        return new ComparisonMachine(
            machine.Processor,
            machine.Cores,
            string.Create(CultureInfo.InvariantCulture, $"{machine.MemoryGib} GiB"),
            threads > 0 ? threads : machine.Cores,
            machine.System
        );
    }
}

/// <summary>The images of a comparison.</summary>
/// <param name="Unlabelled">Images that are pretrained on.</param>
/// <param name="Labelled">Images that the budgets are taken from.</param>
/// <param name="Validation">Images that choose among evaluations.</param>
/// <param name="Test">Images that are measured on.</param>
/// <param name="Classes">The classes.</param>
/// <param name="TestAnnotations">The truth of the test, relative to the comparison's folder.</param>
/// <param name="TestImages">Where the test images are, relative to it.</param>
public sealed record ComparisonCounts(
    int Unlabelled,
    int Labelled,
    int Validation,
    int Test,
    IReadOnlyList<string> Classes,
    string TestAnnotations,
    IReadOnlyList<string> TestImages
)
{
    /// <summary>Counts what was opened.</summary>
    public static ComparisonCounts Of(ComparisonImages images, ComparisonFolder folder) =>
        new(
            images.Unlabelled.Count,
            images.Labelled.Count,
            images.Validation?.Count ?? 0,
            images.Test.Count,
            [.. images.Labelled.Classes.Select(category => category.Name)],
            Path.GetRelativePath(folder.Root, folder.AnnotationsPath("test")).Replace('\\', '/'),
            images.TestPaths
        );
}

/// <summary>One arm with one budget.</summary>
/// <param name="Arm">The arm's name.</param>
/// <param name="Budget">Labelled images, or labels a class.</param>
/// <param name="Seeds">The seeds that are finished.</param>
/// <param name="Bbox">Boxes.</param>
/// <param name="Segm">Masks; null where they are not learned.</param>
public sealed record TableRow(string Arm, int Budget, IReadOnlyList<long> Seeds, SpreadFigures Bbox, SpreadFigures? Segm);

/// <summary>The three figures of a table.</summary>
/// <param name="Ap">Over the IoU thresholds 0.50 to 0.95.</param>
/// <param name="Ap50">At IoU 0.50.</param>
/// <param name="Ap75">At IoU 0.75.</param>
public sealed record SpreadFigures(
    [property: JsonPropertyName("AP")] Spread? Ap,
    [property: JsonPropertyName("AP50")] Spread? Ap50,
    [property: JsonPropertyName("AP75")] Spread? Ap75
);
