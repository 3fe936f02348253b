using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.IO;
using Soco.Weights;
using Soco.Weights.Safetensors;

namespace Soco.Runs;

/// <summary>A run on disk: the one place that knows its file names.</summary>
public sealed class RunFolder
{
    /// <summary>What a page about a folder is called.</summary>
    public const string ReportName = "report.html";

    private const string StepPrefix = "step-";
    private const string StepSuffix = ".safetensors";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private RunFolder(string root) => Root = Path.GetFullPath(root);

    /// <summary>The folder's full path.</summary>
    public string Root { get; }

    /// <summary>The recipe with all values resolved.</summary>
    public string RecipePath => In("recipe.yaml");

    /// <summary>One JSON line for each logged step.</summary>
    public string LogPath => In("log.jsonl");

    /// <summary>TensorBoard events.</summary>
    public string EventsPath => In("events");

    /// <summary>The checkpoints.</summary>
    public string CheckpointsPath => In("checkpoints");

    /// <summary>The newest checkpoint's file name as text, for people and scripts.</summary>
    public string LastPointerPath => Path.Combine(CheckpointsPath, "last");

    /// <summary>Sheets and plots.</summary>
    public string PicturesPath => In("pictures");

    /// <summary>The report.</summary>
    public string ReportPath => In(ReportName);

    /// <summary>The images that could not be used, and why.</summary>
    public string SkippedPath => In("skipped.csv");

    /// <summary>Proposals that the run made for itself.</summary>
    public string ProposalsPath => In("proposals");

    /// <summary>The weights for others: those of the last step of a pretraining, of the best evaluation of a fine-tuning.</summary>
    public string WeightsPath => In("weights.safetensors");

    /// <summary>The weights that a pretraining is probed with, there only while it is.</summary>
    public string ProbedWeightsPath => In("weights-probed.safetensors");

    /// <summary>The detector of the last evaluation, which need not be the best.</summary>
    public string LastWeightsPath => In("weights-last.safetensors");

    /// <summary>The best detectors of a fine-tuning run, where it keeps more than one.</summary>
    public string BestPath => In("best");

    /// <summary>What a fine-tuning run took over from its weights, tensor by tensor.</summary>
    public string TransferPath => In("transfer.json");

    /// <summary>What the best detector of a fine-tuning run measures, for each class too.</summary>
    public string EvaluationPath => In("evaluation.json");

    /// <summary>What the best detector of a fine-tuning run finds in the images it is evaluated on, as COCO results.</summary>
    public string DetectionsPath => In("detections.json");

    /// <summary>What the pictures of finds show.</summary>
    public string FoundPath => Path.Combine(PicturesPath, "found.json");

    /// <summary>Who trained here, when, on what machine, and how it ended.</summary>
    public string RecordPath => In("run.json");

    /// <summary>Whether a run was started here.</summary>
    public bool HasRun => File.Exists(RecipePath) || CheckpointSteps().Any();

    /// <summary>Whether a path is a folder with a run; nothing is made.</summary>
    /// <exception cref="SocoRequestException">It is a file.</exception>
    public static bool IsRun(string path) =>
        File.Exists(path) ? throw new SocoRequestException($"{path} is a file; name a folder with --out.") : new RunFolder(path).HasRun;

    /// <summary>A run folder, made if it is not there.</summary>
    /// <exception cref="SocoRequestException">The folder cannot be made.</exception>
    public static RunFolder Create(string path)
    {
        var folder = new RunFolder(path);
        OutputFolder.Make(folder.CheckpointsPath);
        OutputFolder.Make(folder.PicturesPath);
        return folder;
    }

    /// <summary>
    /// The folder of a run that was started before. Where its recipe is missing, as after a kill at its very beginning, it comes back from
    /// a checkpoint.
    /// </summary>
    /// <exception cref="SocoRequestException">There is no run.</exception>
    public static RunFolder Open(string path)
    {
        var folder = new RunFolder(path);
        if (!File.Exists(folder.RecipePath) && folder.FindLast() is { } last)
        {
            using Checkpoint checkpoint = Checkpoint.Open(last);
            if (checkpoint.State.Recipe is { } yaml)
            {
                AtomicFile.Write(folder.RecipePath, Encoding.UTF8.GetBytes(yaml));
            }
        }

        return Look(path);
    }

    /// <summary>The folder of a run as it is, to read from: nothing is written, also where its recipe is missing.</summary>
    /// <exception cref="SocoRequestException">There is no run.</exception>
    internal static RunFolder Look(string path)
    {
        var folder = new RunFolder(path);
        return folder.HasRun
            ? folder
            : throw new SocoRequestException($"{folder.Root} holds no run; name the --out folder of `soco pretrain` or `soco finetune`.");
    }

    /// <summary>
    /// Takes the folder for this process until the result is disposed or the process ends, however it ends, and clears what a killed one
    /// left half written.
    /// </summary>
    /// <exception cref="SocoRequestException">Another process has it.</exception>
    public IDisposable Lock()
    {
        IDisposable taken = FolderLock.Take(Root);
        foreach (string leftover in Directory.EnumerateFiles(CheckpointsPath, "*" + AtomicFile.TemporarySuffix))
        {
            File.Delete(leftover);
        }

        return taken;
    }

    /// <summary>Whether a process has the folder.</summary>
    internal bool IsLocked => FolderLock.IsTaken(Root);

    /// <summary>Where the checkpoint of a step is.</summary>
    public string CheckpointPath(long step) => Path.Combine(CheckpointsPath, NameOf(step));

    /// <summary>Where one of the best detectors is, the one of a step.</summary>
    public string BestDetectorPath(long step) => Path.Combine(BestPath, NameOf(step));

    /// <summary>The steps that have a checkpoint file, newest first.</summary>
    public IReadOnlyList<long> CheckpointSteps() => StepsIn(CheckpointsPath);

    /// <summary>The steps whose detector is kept among the best, newest first.</summary>
    public IReadOnlyList<long> BestDetectorSteps() => StepsIn(BestPath);

    /// <summary>
    /// The newest checkpoint that is complete, or null. The files decide: a <c>last</c> pointer that is missing, stale or names a truncated
    /// file changes nothing.
    /// </summary>
    public string? FindLast() => CheckpointSteps().Select(CheckpointPath).FirstOrDefault(IsComplete);

    /// <summary>
    /// Opens what <c>--weights</c> names: a file of weights, or a run folder, whose weights it takes, or its newest checkpoint where there
    /// are none, or where a pretraining was killed after it, so that the weights are of an earlier step.
    /// </summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="whole">
    /// Whether to take the newest checkpoint of a run first: it also has what is not handed on, such as the target network.
    /// </param>
    /// <exception cref="SocoRequestException">There is nothing, or a folder without weights.</exception>
    /// <exception cref="SocoDataException">The file is damaged, or of no known kind.</exception>
    public static WeightsFile OpenWeights(string path, bool whole = false)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path)
                ? WeightsFile.Open(path)
                : throw new SocoRequestException($"There is no {path}; name a run folder or a file of weights.");
        }

        var folder = new RunFolder(path);
        string? weights = File.Exists(folder.WeightsPath) && !folder.HasStaleWeights() ? folder.WeightsPath : null;
        return WeightsFile.Open(
            (whole ? folder.FindLast() ?? weights : weights ?? folder.FindLast())
                ?? throw new SocoRequestException($"{path} holds no weights yet; name a run that has trained, or a file of weights.")
        );
    }

    /// <summary>The recipe of the pretraining that <c>--weights</c> names: its folder, or a file in it; null for other weights.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <exception cref="SocoDataException">The recipe is damaged.</exception>
    public static PretrainingRecipe? FindPretraining(string path)
    {
        string folder = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        return IsRun(folder) ? Open(folder).ReadRecipe() as PretrainingRecipe : null;
    }

    /// <summary>Whether the weights are those of a schedule that was trained to its end.</summary>
    /// <exception cref="SocoDataException">The weights are damaged.</exception>
    public bool IsFinished()
    {
        if (!File.Exists(WeightsPath))
        {
            return false;
        }

        using SafetensorsFile weights = SafetensorsFile.Open(WeightsPath);
        return weights.Metadata.TryGetValue("soco.step", out string? step)
            && weights.Metadata.TryGetValue("soco.total_steps", out string? total)
            && step == total;
    }

    /// <summary>The step that the weights are of; null where there are none, or they do not tell.</summary>
    /// <exception cref="SocoDataException">The weights are damaged.</exception>
    public long? WeightsStep()
    {
        if (!File.Exists(WeightsPath))
        {
            return null;
        }

        using SafetensorsFile weights = SafetensorsFile.Open(WeightsPath);
        return
            weights.Metadata.TryGetValue("soco.step", out string? step)
            && long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
    }

    /// <summary>
    /// Whether the weights are those of a step before the newest checkpoint's. A fine-tuning's are of its best evaluation, and never so.
    /// </summary>
    private bool HasStaleWeights() =>
        File.Exists(RecipePath) && ReadRecipe() is PretrainingRecipe && FindLast() is { } last && WeightsStep() < StepOf(last);

    private static long StepOf(string checkpoint)
    {
        using Checkpoint open = Checkpoint.Open(checkpoint);
        return open.State.Step;
    }

    /// <summary>Deletes the checkpoints: the run cannot be resumed any more, its weights stay.</summary>
    public void DropCheckpoints()
    {
        if (Directory.Exists(CheckpointsPath))
        {
            Directory.Delete(CheckpointsPath, recursive: true);
        }
    }

    /// <summary>Points <c>last</c> at a step's checkpoint.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void PointLastAt(long step) =>
        AtomicFile.Write(LastPointerPath, Encoding.UTF8.GetBytes(Path.GetFileName(CheckpointPath(step)) + "\n"));

    /// <summary>Writes the recipe.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void WriteRecipe(Recipe recipe) => AtomicFile.Write(RecipePath, Encoding.UTF8.GetBytes(recipe.ToYaml()));

    /// <summary>Reads the recipe of the run.</summary>
    /// <exception cref="SocoRequestException">It is not there or not valid.</exception>
    public Recipe ReadRecipe() => Recipe.Open(RecipePath);

    /// <summary>Writes what was taken over.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void WriteTransfer(TransferReport report) => AtomicFile.Write(TransferPath, JsonSerializer.SerializeToUtf8Bytes(report, s_json));

    /// <summary>What was taken over from weights; null where nothing was, or nothing that can be read.</summary>
    public TransferReport? ReadTransfer() => JsonFile.Find<TransferReport>(TransferPath, s_json);

    /// <summary>What is known of how the run was made; empty where nothing is, or nothing that can be read.</summary>
    internal RunRecord ReadRecord() => JsonFile.Find<RunRecord>(RecordPath, s_json) ?? new RunRecord();

    /// <summary>Writes how the run is made.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    internal void WriteRecord(RunRecord record) => AtomicFile.Write(RecordPath, JsonSerializer.SerializeToUtf8Bytes(record, s_json));

    private static bool IsComplete(string path)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return TrainingState.IsIn(file);
        }
        catch (SocoDataException)
        {
            return false;
        }
    }

    private static string NameOf(long step) => StepPrefix + step.ToString("D8", CultureInfo.InvariantCulture) + StepSuffix;

    private static IReadOnlyList<long> StepsIn(string folder) =>
        !Directory.Exists(folder)
            ? []
            :
            [
                .. Directory
                    .EnumerateFiles(folder, $"{StepPrefix}*{StepSuffix}")
                    .Select(path => Path.GetFileName(path)[StepPrefix.Length..^StepSuffix.Length])
                    .Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : -1)
                    .Where(step => step >= 0)
                    .OrderDescending(),
            ];

    private string In(string name) => Path.Combine(Root, name);
}
