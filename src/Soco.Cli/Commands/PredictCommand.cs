using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Jobs;
using Soco.Vision;
using Soco.Vision.Annotations;
using Soco.Vision.Sources;

namespace Soco.Cli.Commands;

/// <summary><c>soco predict IMAGES --weights RUN --out DIR</c>: the objects in images, as COCO results and as pictures.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        Argument<string[]> images = CommonOptions.Images();
        var weights = new Option<string>("--weights") { Description = "A run of `soco finetune`, whose best detector is taken, or its file; or a model.onnx of `soco export`.", HelpName = "RUN|FILE", Required = true };
        Option<string> output = CommonOptions.Out("A folder for detections.json, images.json and the pictures.");
        var threshold = new Option<double>("--threshold")
        {
            Description = "Score from which objects are drawn; detections.json has all, so that it can be measured.",
            HelpName = "SCORE",
            DefaultValueFactory = _ => 0.5,
        };
        var format = new Option<LabelFormat?>("--format")
        {
            Description = "Also write the objects that reach --threshold as labels for another tool: coco, voc, yolo or labelme, with copies of the images, in labels/.",
            HelpName = "FORMAT",
        };
        var noPictures = new Option<bool>("--no-pictures") { Description = "Draw nothing." };
        var threads = new Option<int>("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" };
        var command = new Command("predict", "Find the objects in images, and draw them.") { images, weights, output, threshold, format, noPictures, threads, CommonOptions.ProcessesOption };
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

            using ImageSource source = CommonOptions.Open(request.GetValue(images)!);
            using var interruption = new Interruption();
            using var console = new ConsoleProgress();
            PredictResult result = new PredictJob(new PredictRequest
            {
                Images = source,
                Weights = request.GetValue(weights)!,
                Output = request.GetValue(output)!,
                Threshold = score,
                Draws = !request.GetValue(noPictures),
                Threads = count,
                Format = request.GetValue(format),
                Processes = ProcessGroup.Current,
            }).Run(console, interruption.Token);
            console.Dispose();
            Console.WriteLine($"{result.Detections.Count} detections: {result.DetectionsPath}; their images and classes: {result.ImagesPath}");
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
                Console.Error.WriteLine($"Interrupted after {result.Images.Count} of {source.Count} images; what was found in them is written.");
                return interruption.ExitCode;
            }

            Console.WriteLine(
                $"{Plural.Of(result.Images.Count, "image")}, {Plural.Of(result.Shown, "object")} of score {score:0.00} and up{(result.PicturesPath is { } drawn ? $", drawn in {drawn}" : "")}, "
                + $"{result.Images.Count / result.Seconds:0.00} images/s");
            return 0;
        });
        return command;
    }
}
