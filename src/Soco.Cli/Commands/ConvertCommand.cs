using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Jobs;
using Soco.Vision;
using Soco.Vision.Annotations;

namespace Soco.Cli.Commands;

/// <summary><c>soco convert --annotations LABELS --to FORMAT --out DIR</c>: labels in the format of another tool.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var annotations = new Option<string>("--annotations")
        {
            Description =
                "The labels: a COCO JSON, a PASCAL VOC folder, the data.yaml of a YOLO data set, a folder of LabelMe's JSON, or an XML of CVAT.",
            HelpName = "FILE|DIR",
            Required = true,
        };
        var images = new Option<string?>("--images")
        {
            Description = "The images: a folder, a zip or a tar. Default: where the labels say.",
            HelpName = "DIR",
        };
        var split = new Option<string?>("--split")
        {
            Description = "The split of a VOC folder or a YOLO data set. Default: all of a VOC folder, train of a YOLO data set.",
            HelpName = "NAME",
        };
        var format = new Option<LabelFormat>("--to")
        {
            Description = "coco, voc, yolo, labelme or cvat.",
            HelpName = "FORMAT",
            Required = true,
        };
        Option<string> output = CommonOptions.Out("A folder for labels and images.");
        var noImages = new Option<bool>("--no-images") { Description = "Write the labels alone." };
        var command = new Command("convert", "Write labels in the format of another tool, and say what it cannot hold.")
        {
            annotations,
            images,
            split,
            format,
            output,
            noImages,
        };
        command.SetAction(request =>
        {
            using var interruption = new Interruption();
            using var console = new ConsoleProgress();
            ConvertResult result;
            try
            {
                result = new ConvertJob(
                    new ConvertRequest
                    {
                        Annotations = request.GetValue(annotations)!,
                        Images = request.GetValue(images),
                        Split = request.GetValue(split),
                        Format = request.GetValue(format),
                        Output = request.GetValue(output)!,
                        CopiesImages = !request.GetValue(noImages),
                    }
                ).Run(console, interruption.Token);
            }
            catch (OperationCanceledException)
            {
                return interruption.ExitCode;
            }

            console.Dispose();
            Console.WriteLine(
                $"{Plural.Of(result.Images, "image")}, {Plural.Of(result.Objects, "object")} in {PlainText.Of(request.GetValue(output)!)}"
            );
            foreach (string sentence in result.Losses.Sentences().Append(result.Mended.ToString()).Where(sentence => sentence.Length > 0))
            {
                Console.WriteLine($"Lost: {sentence}.");
            }

            return 0;
        });
        return command;
    }
}
