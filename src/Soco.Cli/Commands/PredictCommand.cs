using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Detection.Data;
using Soco.Jobs;
using Soco.Vision;
using Soco.Vision.Annotations;
using Soco.Vision.Inference;
using Soco.Vision.Sources;

namespace Soco.Cli.Commands;

/// <summary><c>soco predict IMAGES --weights RUN --out DIR</c>: the objects in images, as COCO results and as pictures.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        Argument<string[]> images = CommonOptions.Images();
        var weights = new Option<string>("--weights")
        {
            Description = "A run of `soco finetune`, whose best detector is taken, or its file; or a model.onnx of `soco export`.",
            HelpName = "RUN|FILE",
            Required = true,
        };
        Option<string> output = CommonOptions.Out("A folder for detections.json, images.json and the pictures.");
        var threshold = new Option<double>("--threshold")
        {
            Description = "Score from which objects are drawn; detections.json has all, so that it can be measured.",
            HelpName = "SCORE",
            DefaultValueFactory = _ => 0.5,
        };
        var validation = new Option<string?>("--val-annotations")
        {
            Description = "Labels to choose the threshold on, that of the best F1 at IoU 0.5: as for finetune.",
            HelpName = "FILE|DIR",
        };
        var validationImages = new Option<string?>("--val-images")
        {
            Description = "The images of --val-annotations. Default: those beside them.",
            HelpName = "DIR",
        };
        var validationSplit = new Option<string?>("--val-split")
        {
            Description = "The split of --val-annotations. Default: all of a VOC folder, val of a YOLO data set.",
            HelpName = "NAME",
        };
        var tile = new Option<int?>("--tile")
        {
            Description =
                "Also look at tiles of this side, in pixels of the image, of images that are larger: for small objects in large images.",
            HelpName = "PIXELS",
        };
        var overlap = new Option<double>("--tile-overlap")
        {
            Description = "Share of a tile that its neighbor has too, 0 to 0.9: at least the size of an object.",
            HelpName = "SHARE",
            DefaultValueFactory = _ => 0.2,
        };
        var format = new Option<LabelFormat?>("--format")
        {
            Description =
                "Also write the objects that reach --threshold as labels for another tool: coco, voc, yolo, labelme or cvat, with copies of the images, in labels/.",
            HelpName = "FORMAT",
        };
        var noPictures = new Option<bool>("--no-pictures") { Description = "Draw nothing." };
        var threads = new Option<int>("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" };
        var command = new Command("predict", "Find the objects in images, and draw them.")
        {
            images,
            weights,
            output,
            threshold,
            validation,
            validationImages,
            validationSplit,
            tile,
            overlap,
            format,
            noPictures,
            threads,
            CommonOptions.ProcessesOption,
        };
        command.SetAction(request =>
        {
            if (request.GetValue(threshold) is var score && score is not (>= 0 and <= 1))
            {
                throw new SocoRequestException($"--threshold {score} is not possible: give a score from 0 to 1.");
            }

            if (request.GetValue(threads) is var count && count < 0)
            {
                throw new SocoRequestException($"--threads {count} is not possible: give 1 or more, or 0 for one for each core.");
            }

            TileOptions? tiles = request.GetValue(tile) is { } side ? Tiles(side, request.GetValue(overlap)) : null;
            if (tiles is null && request.GetResult(overlap) is { Implicit: false })
            {
                throw new SocoRequestException("--tile-overlap needs --tile: say how large the tiles are.");
            }

            if (request.GetValue(validation) is not null && request.GetResult(threshold) is { Implicit: false })
            {
                throw new SocoRequestException("--threshold and --val-annotations both decide the threshold: leave one out.");
            }

            using LabelledImages? labelled = Labelled(
                request.GetValue(validation),
                request.GetValue(validationImages),
                request.GetValue(validationSplit)
            );
            using ImageSource source = CommonOptions.Open(request.GetValue(images)!);
            using var interruption = new Interruption();
            using var console = new ConsoleProgress();
            PredictResult result = new PredictJob(
                new PredictRequest
                {
                    Images = source,
                    Weights = request.GetValue(weights)!,
                    Output = request.GetValue(output)!,
                    Threshold = score,
                    Validation = labelled,
                    Tiles = tiles,
                    Draws = !request.GetValue(noPictures),
                    Threads = count,
                    Format = request.GetValue(format),
                    Processes = ProcessGroup.Current,
                }
            ).Run(console, interruption.Token);
            console.Dispose();
            Console.WriteLine(
                $"{result.Detections.Count} detections: {result.DetectionsPath}; their images and classes: {result.ImagesPath}"
            );
            if (result.Validation is { } measured)
            {
                double f1 = 2 * measured.Precision * measured.Recall / (measured.Precision + measured.Recall);
                Console.WriteLine(
                    $"Threshold {result.Threshold:0.000}: best F1 {f1:0.000} on the validation images, precision {measured.Precision:0.000}, recall {measured.Recall:0.000}"
                );
            }

            if (result.LabelsPath is { } labels)
            {
                Console.WriteLine($"Labels: {labels}");
                foreach (string sentence in result.LabelLosses?.Sentences() ?? [])
                {
                    Console.WriteLine($"Lost: {sentence}.");
                }
            }

            if (result.IsInterrupted)
            {
                Console.Error.WriteLine(
                    $"Interrupted after {result.Images.Count} of {source.Count} images; what was found in them is written."
                );
                return interruption.ExitCode;
            }

            Console.WriteLine(
                $"{Plural.Of(result.Images.Count, "image")}, {Plural.Of(result.Shown, "object")} of score {result.Threshold:0.00} and up{(result.PicturesPath is { } drawn ? $", drawn in {drawn}" : "")}, "
                    + $"{result.Images.Count / result.Seconds:0.00} images/s"
            );
            return 0;
        });
        return command;
    }

    private static TileOptions Tiles(int side, double overlap) =>
        (side, overlap) switch
        {
            (< TileOptions.LeastSide, _) => throw new SocoRequestException(
                $"--tile {side} is not possible: give {TileOptions.LeastSide} pixels or more."
            ),
            (_, not (>= 0 and <= TileOptions.LargestOverlap)) => throw new SocoRequestException(
                $"--tile-overlap {overlap} is not possible: give a share from 0 to {TileOptions.LargestOverlap}."
            ),
            _ => new TileOptions(side, overlap),
        };

    private static LabelledImages? Labelled(string? annotations, string? images, string? split) =>
        (annotations, images ?? split) switch
        {
            (null, null) => null,
            (null, _) => throw new SocoRequestException("--val-images and --val-split are of --val-annotations: name the labels."),
            _ => new LabelledImages(
                LabelFiles.OpenImages(annotations, images is null ? [] : [images]),
                LabelFiles.Read(annotations, split, usual: "val"),
                annotations
            ),
        };
}
