using System.Text;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.IO;

namespace Soco.Comparison;

/// <summary>
/// A comparison on disk: the one place that knows its file names. Pretraining and fine-tuning are run folders (<see cref="RunFolder"/>).
/// </summary>
public sealed class ComparisonFolder
{
    private ComparisonFolder(string root) => Root = Path.GetFullPath(root);

    /// <summary>The folder's full path.</summary>
    public string Root { get; }

    /// <summary>The configuration with all values resolved.</summary>
    public string ConfigPath => In("config.yaml");

    /// <summary>Drawn scenes, and the annotations of everything that is learned from or measured on.</summary>
    public string DataPath => In("data");

    /// <summary>The finished cells, the table, and all that tells how they came about.</summary>
    public string ResultsPath => In("results.json");

    /// <summary>One line for each finished cell.</summary>
    public string CsvPath => In("results.csv");

    /// <summary>The table in Markdown.</summary>
    public string TablePath => In("table.md");

    /// <summary>The report.</summary>
    public string ReportPath => In(RunFolder.ReportName);

    /// <summary>Tells on resume whether the data is the same.</summary>
    internal string FingerprintsPath => Path.Combine(DataPath, "fingerprints.json");

    /// <summary>The folder of a comparison, made if it is not there.</summary>
    /// <exception cref="SocoRequestException">The folder cannot be made.</exception>
    public static ComparisonFolder Create(string path)
    {
        var folder = new ComparisonFolder(path);
        OutputFolder.Make(folder.Root);
        return folder;
    }

    /// <summary>Whether a path is a folder with a comparison; nothing is made.</summary>
    public static bool IsComparison(string path) => File.Exists(new ComparisonFolder(path).ConfigPath);

    /// <summary>Takes the folder for this process until the result is disposed or the process ends, however it ends.</summary>
    /// <exception cref="SocoRequestException">Another process has it.</exception>
    public IDisposable Lock() => FolderLock.Take(Root);

    /// <summary>Writes the configuration, where the folder was not begun with one that it cannot go on with.</summary>
    /// <exception cref="SocoRequestException">It was.</exception>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Begin(ComparisonConfig config)
    {
        if (File.Exists(ConfigPath) && ComparisonConfig.Load(ConfigPath).DifferencesTo(config) is { Count: > 0 } differences)
        {
            throw new SocoRequestException(
                $"{Root} holds a comparison of another configuration ({string.Join("; ", differences)}): undo that, or name another --out folder; arms, seeds and budgets may come in addition."
            );
        }

        AtomicFile.Write(ConfigPath, Encoding.UTF8.GetBytes(config.ToYaml()));
    }

    /// <summary>The annotations of a split, or of a budget's images.</summary>
    public string AnnotationsPath(string split) => Path.Combine(DataPath, "annotations", $"instances_{split}.json");

    /// <summary>The images of a drawn split.</summary>
    public string ScenesPath(string split) => Path.Combine(DataPath, split);

    /// <summary>The proposals of a strategy.</summary>
    public string ProposalsPath(string strategy) => Path.Combine(Root, "proposals", strategy);

    /// <summary>The run of a pretraining.</summary>
    public string PretrainingPath(ComparisonArm arm, long seed) => Path.Combine(Root, "pretrain", $"{arm.Name}-seed{seed}");

    /// <summary>The run in which an arm's detector learns proposals.</summary>
    public string AlignmentPath(ComparisonArm arm, long seed) => Path.Combine(Root, "align", $"{arm.Name}-seed{seed}");

    /// <summary>The run of a cell's fine-tuning.</summary>
    public string FinetuningPath(ComparisonCell cell) => Path.Combine(Root, "finetune", cell.Name);

    /// <summary>What a cell's detector finds in the test images, as COCO results.</summary>
    public string DetectionsPath(ComparisonCell cell) => Path.Combine(FinetuningPath(cell), "test-detections.json");

    /// <summary>What they are worth; a cell that has it is finished.</summary>
    public string CellPath(ComparisonCell cell) => Path.Combine(FinetuningPath(cell), "test.json");

    private string In(string name) => Path.Combine(Root, name);
}
