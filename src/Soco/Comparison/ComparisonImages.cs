using System.Text.Json;
using Soco.Detection.Data;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Voc;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Vision.Random;
using Soco.Vision.Scenes;
using Soco.Vision.Sources;

namespace Soco.Comparison;

/// <summary>The images of a comparison: opened, or drawn first.</summary>
public sealed class ComparisonImages : IDisposable
{
    private const ulong Purpose = 0x7363656E6573;
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private readonly ComparisonFolder _folder;
    private readonly bool _budgetsPerClass;

    private ComparisonImages(
        ComparisonFolder folder,
        bool budgetsPerClass,
        ImageSource unlabelled,
        LabelledImages labelled,
        LabelledImages? validation,
        LabelledImages test
    ) =>
        (_folder, _budgetsPerClass, Unlabelled, Labelled, Validation, Test) = (
            folder,
            budgetsPerClass,
            unlabelled,
            labelled,
            validation,
            test
        );

    /// <summary>What is pretrained on.</summary>
    public ImageSource Unlabelled { get; }

    /// <summary>What the budgets are taken from.</summary>
    public LabelledImages Labelled { get; }

    /// <summary>What chooses among the evaluations of a fine-tuning; null: the last weights count.</summary>
    public LabelledImages? Validation { get; }

    /// <summary>What the finished detectors are measured on.</summary>
    public LabelledImages Test { get; }

    /// <summary>What a reader of the results must know of the data; empty for nothing.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Where the test images are, relative to the comparison's folder.</summary>
    public IReadOnlyList<string> TestPaths { get; private init; } = [];

    /// <summary>Opens the images, and draws scenes that are not there yet.</summary>
    /// <param name="config">Which images.</param>
    /// <param name="folder">Of the comparison.</param>
    /// <param name="root">What relative paths of the configuration are under.</param>
    /// <param name="drawn">Told of scenes drawn: how many of how many.</param>
    /// <param name="cancellationToken">Stops the drawing.</param>
    /// <exception cref="SocoRequestException">Fewer labelled images than the largest budget, or a path that is not there.</exception>
    /// <exception cref="SocoDataException">
    /// The data is damaged, not what the comparison began with, or a test image is among the labelled ones.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped while drawing.</exception>
    public static ComparisonImages Open(
        ComparisonConfig config,
        ComparisonFolder folder,
        string root,
        Action<int, int> drawn,
        CancellationToken cancellationToken
    )
    {
        if (config.Data.Scenes is { } scenes)
        {
            Draw(scenes, folder, drawn, cancellationToken);
        }

        using var opened = new Opened();
        ImageSource unlabelled = opened.Add(
            config.Data.Scenes is null ? OpenUnlabelled(config.Data.Unlabelled!, root) : ImageSource.Open([folder.ScenesPath("unlabelled")])
        );
        LabelledImages labelled = opened.Add(OpenLabelled("labelled", config.Data.Labelled, null));
        string[] classes = [.. labelled.Classes.Select(category => category.Name)];
        LabelledImages? validation =
            config.Data.Validation is null && config.Data.Scenes is null or { Validation: 0 }
                ? null
                : opened.Add(OpenLabelled("validation", config.Data.Validation, classes));
        LabelledImages test = opened.Add(OpenLabelled("test", config.Data.Test, classes));
        if (!config.BudgetsPerClass && labelled.Count < config.Budgets[^1])
        {
            throw new SocoRequestException(
                $"There are {labelled.Count} labelled images, and the largest budget is {config.Budgets[^1]}; give more images, or a smaller budget."
            );
        }

        string[] warnings = config.Data.Scenes is not null
            ? []
            :
            [
                .. Leaks(unlabelled, labelled, validation, test),
                .. labelled.Notes(labelled.HasMasks).Select(note => $"labelled images: {note}"),
                .. validation?.Notes(withMasks: false).Select(note => $"validation images: {note}") ?? [],
                .. test.Notes(withMasks: false).Select(note => $"test images: {note}"),
            ];
        var images = new ComparisonImages(folder, config.BudgetsPerClass, unlabelled, labelled, validation, test)
        {
            Warnings = warnings,
            TestPaths = config.Data.Test is not { } files
                ? [Path.GetRelativePath(folder.Root, folder.ScenesPath("test")).Replace('\\', '/')]
                :
                [
                    .. (
                        files.Images.Count > 0
                            ? files.Images
                            :
                            [
                                Directory.Exists(Path.Combine(root, files.Annotations!))
                                    ? Path.GetFullPath(VocReader.ImagesOf(Path.Combine(root, files.Annotations!)))
                                    : files.Annotations!,
                            ]
                    ).Select(path => Path.GetRelativePath(folder.Root, Path.GetFullPath(path, Path.GetFullPath(root))).Replace('\\', '/')),
                ],
        };
        images.CheckFingerprints();
        if (config.Data.Scenes is null)
        {
            SaveOnce(test.Truth, folder.AnnotationsPath("test"));
        }

        opened.Keep();
        return images;

        LabelledImages OpenLabelled(string split, DataFiles? files, string[]? known)
        {
            string annotations = files is null ? folder.AnnotationsPath(split) : Path.Combine(root, files.Annotations!);
            CocoDataset labels = LabelFiles.Read(annotations, files?.Split);
            labels = known is null ? labels : ClassChoice.Known(labels, known);
            if (labels.Categories.Count == 0)
            {
                throw new SocoDataException(
                    $"{annotations} has {(known is null ? "no classes" : "none of the classes that are learned")}: name other annotations as data.{split}."
                );
            }

            return new LabelledImages(
                LabelFiles.OpenImages(
                    annotations,
                    files is null ? [folder.ScenesPath(split)] : [.. files.Images.Select(path => Path.Combine(root, path))]
                ),
                labels,
                annotations
            );
        }
    }

    /// <summary>
    /// The images of a budget; their annotations are written down too. They share their source with <see cref="Labelled"/>.
    /// </summary>
    /// <param name="budget">Labelled images, or labels a class.</param>
    /// <param name="seed">Of the cell.</param>
    public LabelledImages OfBudget(int budget, long seed)
    {
        CocoDataset chosen = _budgetsPerClass
            ? LabelBudget.ChoosePerClass(Labelled.Truth, budget, seed)
            : LabelBudget.Choose(Labelled.Truth, budget, seed);
        string path = _folder.AnnotationsPath($"labelled-{budget}-seed{seed}");
        SaveOnce(chosen, path);
        return new LabelledImages(Labelled.Source, chosen, path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Unlabelled.Dispose();
        Labelled.Dispose();
        Validation?.Dispose();
        Test.Dispose();
    }

    private static void Draw(SceneSplits scenes, ComparisonFolder folder, Action<int, int> drawn, CancellationToken cancellationToken)
    {
        int total = scenes.Counts.Sum(split => split.Count),
            before = 0;
        foreach ((int place, (string split, int count)) in scenes.Counts.Index())
        {
            if (count > 0 && !File.Exists(folder.AnnotationsPath(split)))
            {
                ulong seed = new CounterRandom((ulong)scenes.Seed, 0, (ulong)place, Purpose).NextUInt64();
                SceneSet.Write(
                    folder.DataPath,
                    count,
                    seed,
                    scenes.Options,
                    split,
                    drawn: done => drawn(before + done, total),
                    cancellationToken: cancellationToken
                );
            }

            before += count;
        }
    }

    private static ImageSource OpenUnlabelled(DataFiles files, string root)
    {
        string[] images = [.. files.Images.Select(path => Path.Combine(root, path))];
        if (files.Annotations is null)
        {
            return ImageSource.Open(images);
        }

        string annotations = Path.Combine(root, files.Annotations);
        return LabelledImages.Listed(LabelFiles.OpenImages(annotations, images), LabelFiles.Read(annotations, files.Split), annotations);
    }

    /// <summary>Test images that are met elsewhere under the same file name and with the same bytes.</summary>
    private static IEnumerable<string> Leaks(
        ImageSource unlabelled,
        LabelledImages labelled,
        LabelledImages? validation,
        LabelledImages test
    )
    {
        Dictionary<string, int> tested = Enumerable
            .Range(0, test.Count)
            .Select(test.SourceIndexOf)
            .GroupBy(index => Path.GetFileName(test.Source.NameOf(index)))
            .ToDictionary(named => named.Key, named => named.First());
        foreach ((string name, LabelledImages? images) in new[] { ("labelled", labelled), ("validation", validation) })
        {
            if (
                images is not null
                && Enumerable.Range(0, images.Count).FirstOrDefault(place => IsTested(images.Source, images.SourceIndexOf(place)), -1)
                    is >= 0
                        and int place
            )
            {
                throw new SocoDataException(
                    $"{images.ImageAt(place).FileName} is both a test image and a {name} one, so the test would measure nothing; take it out of data.{name} or of data.test."
                );
            }
        }

        int leaked = Enumerable.Range(0, unlabelled.Count).Count(index => IsTested(unlabelled, index));
        if (leaked > 0)
        {
            yield return $"{leaked} of the {test.Count} test images are among the unlabelled ones: pretraining sees them, without their labels.";
        }

        bool IsTested(ImageSource source, int index)
        {
            try
            {
                return tested.TryGetValue(Path.GetFileName(source.NameOf(index)), out int same)
                    && source.ReadBytes(index).AsSpan().SequenceEqual(test.Source.ReadBytes(same));
            }
            catch (UnreadableImageException)
            {
                return false;
            }
        }
    }

    private static void SaveOnce(CocoDataset dataset, string path)
    {
        if (!File.Exists(path))
        {
            CocoWriter.Save(dataset, path);
        }
    }

    private void CheckFingerprints()
    {
        var now = new Dictionary<string, DatasetFingerprint>
        {
            ["unlabelled"] = DatasetFingerprint.Of(Enumerable.Range(0, Unlabelled.Count).Select(Unlabelled.NameOf)),
            ["labelled"] = Labelled.Fingerprint(),
            ["test"] = Test.Fingerprint(),
        };
        if (Validation is not null)
        {
            now["validation"] = Validation.Fingerprint();
        }

        if (!File.Exists(_folder.FingerprintsPath))
        {
            AtomicFile.Write(_folder.FingerprintsPath, JsonSerializer.SerializeToUtf8Bytes(now, s_json));
            return;
        }

        Dictionary<string, DatasetFingerprint> begun = ReadFingerprints(_folder.FingerprintsPath);
        if (now.FirstOrDefault(split => begun.GetValueOrDefault(split.Key) != split.Value).Key is { } changed)
        {
            throw new SocoDataException(
                $"The {changed} images or labels are not those that {_folder.Root} was begun with ({begun.GetValueOrDefault(changed)?.Count ?? 0} images then, {now[changed].Count} now); give the same data, or another --out folder."
            );
        }
    }

    private static Dictionary<string, DatasetFingerprint> ReadFingerprints(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, DatasetFingerprint>>(File.ReadAllBytes(path), s_json)
                ?? throw new JsonException("it holds nothing");
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{path} is damaged ({error.Message.TrimEnd('.')}); copy it again, or compare into another --out folder.",
                error
            );
        }
    }

    /// <summary>What was opened, closed again if the rest cannot be.</summary>
    private sealed class Opened : IDisposable
    {
        private readonly List<IDisposable> _all = [];

        public T Add<T>(T part)
            where T : IDisposable
        {
            _all.Add(part);
            return part;
        }

        public void Keep() => _all.Clear();

        public void Dispose() => _all.ForEach(part => part.Dispose());
    }
}
