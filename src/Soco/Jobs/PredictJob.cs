using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Soco.Deployment;
using Soco.Detection.Data;
using Soco.Detection.Inference;
using Soco.Distributed;
using Soco.Runs;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Annotations;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Drawing;
using Soco.Vision.Evaluation;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Vision.IO;
using Soco.Vision.Sources;

namespace Soco.Jobs;

/// <summary>What a prediction is asked for.</summary>
public sealed record PredictRequest
{
    /// <summary>The images.</summary>
    public required ImageSource Images { get; init; }

    /// <summary>The run of a fine-tuning, whose best detector is taken, or its file; or a file in ONNX (*.onnx).</summary>
    public required string Weights { get; init; }

    /// <summary>The folder for detections.json, images.json and the pictures.</summary>
    public required string Output { get; init; }

    /// <summary>Score from which objects are drawn and counted, 0 to 1.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>
    /// Labelled images on which the threshold is chosen, that of the largest F1 at IoU 0.5 over all classes; null: <see cref="Threshold"/>.
    /// The job does not dispose them.
    /// </summary>
    public LabelledImages? Validation { get; init; }

    /// <summary>The tiles of images that are larger than one; null: every image is looked at as a whole.</summary>
    public TileOptions? Tiles { get; init; }

    /// <summary>Whether pictures are drawn.</summary>
    public bool Draws { get; init; } = true;

    /// <summary>The format in which objects from the threshold on are also written, as labels; null: none.</summary>
    public LabelFormat? Format { get; init; }

    /// <summary>The processes that share the images; each of them runs it with the same request.</summary>
    public ICollective Processes { get; init; } = SingleProcess.Instance;

    /// <summary>Threads of computation of each process; 0 shares the cores out.</summary>
    public int Threads { get; init; }
}

/// <summary>What a prediction found.</summary>
/// <param name="Images">The images that were looked at.</param>
/// <param name="Detections">All detections, also those below the threshold.</param>
/// <param name="Shown">How many reach the threshold.</param>
/// <param name="Seconds">Time of the prediction.</param>
/// <param name="IsInterrupted">Whether it ended before the last image.</param>
/// <param name="DetectionsPath">Where the detections are, as COCO results.</param>
/// <param name="ImagesPath">Where the images and classes are, as COCO.</param>
/// <param name="PicturesPath">Where the pictures are; null where none were drawn.</param>
public sealed record PredictResult(
    IReadOnlyList<CocoImage> Images,
    IReadOnlyList<CocoDetection> Detections,
    int Shown,
    double Seconds,
    bool IsInterrupted,
    string DetectionsPath,
    string ImagesPath,
    string? PicturesPath
)
{
    /// <summary>The score from which objects were drawn and counted.</summary>
    public required double Threshold { get; init; }

    /// <summary>How right the detector is on the validation images from that score on; null where none were given.</summary>
    public DetectionErrors? Validation { get; init; }

    /// <summary>Where the labels are; null where none were asked for.</summary>
    public string? LabelsPath { get; init; }

    /// <summary>What their format could not hold.</summary>
    public LabelLosses? LabelLosses { get; init; }
}

/// <summary>Finds the objects in images and writes them down.</summary>
/// <param name="request">What is asked for.</param>
public sealed class PredictJob(PredictRequest request)
{
    /// <summary>Runs the detector.</summary>
    /// <param name="progress">Receives how far it is.</param>
    /// <param name="cancellationToken">Stops after the image that is under way; what was found is written.</param>
    /// <exception cref="SocoRequestException">The weights are not there, or the output cannot be written.</exception>
    /// <exception cref="SocoDataException">The weights are damaged.</exception>
    /// <exception cref="SocoRunException">No image can be read, or the disk is full.</exception>
    public PredictResult Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        ICollective processes = request.Processes;
        var reporter = new JobReporter(processes.IsFirst() ? progress : null);
        (ImageSource source, string output) = (request.Images, request.Output);
        using (LoadedDetector detector = LoadedDetector.Open(request.Weights, processes.ThreadsOf(request.Threads), request.Tiles))
        {
            IReadOnlyList<CocoCategory> classes = detector.Classes;
            if (processes.IsFirst())
            {
                MakeFolder();
            }

            processes.Barrier();
            using var skipped = new SkippedList(Path.Combine(output, "skipped.csv"), reporter, processes);
            DetectionErrors? validation = request.Validation is { } labelled
                ? Validate(detector, labelled, skipped, reporter, cancellationToken)
                : null;
            double threshold = validation?.Score ?? request.Threshold;
            (int first, int count) = processes.ShareOf(source.Count);
            long[] ids = IdsOf(source);
            string[] pictures = PictureNames.Of(source);
            var images = new List<CocoImage>();
            var detections = new List<CocoDetection>();
            int shown = 0;
            var clock = Stopwatch.StartNew();
            foreach (DetectedImage found in detector.Images.Detect(source, [.. Enumerable.Range(first, count)], null, skipped.Add))
            {
                string name = source.NameOf(found.Index);
                images.Add(new CocoImage(ids[found.Index], name, found.Image.Width, found.Image.Height));
                CocoDetection[] all =
                [
                    .. found.Objects.Select(item => new CocoDetection(
                        ids[found.Index],
                        classes[item.Label].Id,
                        CocoBox.From(item.Box),
                        item.Score,
                        item.Mask
                    )
                    {
                        FileName = name,
                    }),
                ];
                detections.AddRange(all);
                CocoDetection[] sure = [.. all.Where(item => item.Score >= threshold)];
                shown += sure.Length;
                if (request.Draws)
                {
                    ImageWriter.SavePng(
                        new DetectionDrawing(classes).Draw(found.Image, sure),
                        Path.Combine(PicturesPath, pictures[found.Index])
                    );
                }

                double rate = images.Count / clock.Elapsed.TotalSeconds;
                reporter.Advance(
                    "images",
                    images.Count,
                    count,
                    TimeSpan.FromSeconds((count - images.Count) / rate),
                    $"{rate:0.0} images/s{(processes.IsShared() ? $" in each of {processes.Size} processes" : "")}"
                );
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }
            }

            skipped.Gather();
            images = [.. GatherImages(processes, images)];
            detections = [.. SharedDetections.Gather(processes, detections)];
            shown = (int)processes.Sum(shown)[0];
            bool interrupted = processes.Any(cancellationToken.IsCancellationRequested);
            if (images.Count == 0)
            {
                throw new SocoRunException(
                    $"None of the {source.Count} images can be read; {Path.Combine(output, "skipped.csv")} says why."
                );
            }

            string imagesPath = Path.Combine(output, "images.json"),
                detectionsPath = Path.Combine(output, "detections.json");
            if (processes.IsFirst())
            {
                CocoWriter.Save(new CocoDataset(images, classes, []), imagesPath);
                CocoResults.Save(detections, detectionsPath);
            }

            LabelLosses? losses =
                request.Format is { } format && processes.IsFirst()
                    ? SaveLabels(format, new CocoDataset(images, classes, []), detections.Where(found => found.Score >= threshold))
                    : null;
            return new PredictResult(
                images,
                detections,
                shown,
                clock.Elapsed.TotalSeconds,
                interrupted,
                detectionsPath,
                imagesPath,
                request.Draws ? PicturesPath : null
            )
            {
                Threshold = threshold,
                Validation = validation,
                LabelsPath = losses is null ? null : LabelsPath,
                LabelLosses = losses,
            };
        }
    }

    /// <summary>How right the detector is on labelled images, from the score on at which it is right most.</summary>
    private DetectionErrors? Validate(
        LoadedDetector detector,
        LabelledImages images,
        SkippedList skipped,
        JobReporter reporter,
        CancellationToken cancellationToken
    )
    {
        if (!images.Classes.Any(category => detector.Classes.Any(known => known.Name == category.Name)))
        {
            throw new SocoDataException(
                $"The labels to validate on have none of the classes that the detector knows ({string.Join(", ", detector.Classes.Select(category => category.Name))}): choose others."
            );
        }

        var evaluation = new DetectionEvaluation(images, detector.Classes, skipped.Add, request.Processes);
        IReadOnlyList<CocoDetection>? found = evaluation.Find(
            detector.Images,
            seen => reporter.Advance("validation", seen, images.Count, null, ""),
            cancellationToken
        );
        if (found is null)
        {
            return null;
        }

        CocoDataset truth = ClassChoice.Known(images.Truth, [.. detector.Classes.Select(category => category.Name)]);
        DetectionErrors errors = DetectionErrors.Of(truth, found, request.Threads);
        return double.IsFinite(errors.Score)
            ? errors
            : throw new SocoRunException(
                "The detector finds no object of the validation images at any score, so no threshold can be chosen on them: give one."
            );
    }

    private static IEnumerable<CocoImage> GatherImages(ICollective processes, List<CocoImage> own) =>
        processes.IsShared()
            ? processes.AllGather(JsonSerializer.Serialize(own)).SelectMany(images => JsonSerializer.Deserialize<CocoImage[]>(images)!)
            : own;

    private string LabelsPath => Path.Combine(request.Output, "labels");

    private string PicturesPath => Path.Combine(request.Output, "pictures");

    /// <summary>COCO names its images by their ids, 000000000139.jpg; other images count from 1.</summary>
    private static long[] IdsOf(ImageSource source)
    {
        long?[] numbers =
        [
            .. Enumerable
                .Range(0, source.Count)
                .Select(index =>
                    long.TryParse(
                        Path.GetFileNameWithoutExtension(source.NameOf(index)),
                        NumberStyles.None,
                        CultureInfo.InvariantCulture,
                        out long number
                    )
                        ? number
                        : (long?)null
                ),
        ];
        return numbers.All(number => number is not null) && numbers.Distinct().Count() == numbers.Length
            ? [.. numbers.Select(number => number!.Value)]
            : [.. Enumerable.Range(1, source.Count).Select(number => (long)number)];
    }

    /// <summary>Writes the labels, also those of a prediction that was interrupted.</summary>
    private LabelLosses SaveLabels(LabelFormat format, CocoDataset images, IEnumerable<CocoDetection> detections)
    {
        CocoAnnotation[] labels =
        [
            .. detections.Select(
                (found, place) =>
                    new CocoAnnotation(place + 1, found.ImageId, found.CategoryId, found.Box, found.Area) { Mask = found.Mask }
            ),
        ];
        OutputFolder.Delete(LabelsPath);
        return ConvertJob
            .Save(
                images with
                {
                    Annotations = labels,
                },
                request.Images,
                format,
                LabelsPath,
                copiesImages: true,
                new JobReporter(null),
                CancellationToken.None
            )
            .Losses;
    }

    private void MakeFolder()
    {
        // Pictures of an earlier prediction beside the detections of this one would tell of other images.
        if (File.Exists(Path.Combine(request.Output, "images.json")) && !RunFolder.IsRun(request.Output))
        {
            OutputFolder.Delete(PicturesPath);
        }

        OutputFolder.Make(request.Draws ? PicturesPath : request.Output);
    }
}
