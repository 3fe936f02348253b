using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Deployment;
using Soco.Jobs;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Export;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco export RUN|FILE --to FORMAT --out FILE</c>: weights for the authors' code, detectron2, mmdetection, torchvision, safetensors or
/// ONNX.
/// </summary>
internal static class ExportCommand
{
    private const string Onnx = "onnx";

    public static Command Create()
    {
        var source = new Argument<string>("RUN|FILE") { Description = "A run folder, or a file of weights of any kind that Soco reads." };
        var format = new Option<string>("--to")
        {
            Description =
                "soco (the authors' .pth), detectron2 (.pkl), mmdetection (.pth), torchvision (.pth), safetensors, or onnx (the network too, to run without torch).",
            HelpName = "FORMAT",
            Required = true,
        };
        var part = new Option<string>("--part")
        {
            Description = "backbone, fpn (with the backbone), head (with both), all, or detector.",
            HelpName = "PART",
            DefaultValueFactory = _ => Lower(ExportPart.All),
        };
        Option<string> output = CommonOptions.Out("The file to write.", "FILE");
        var halved = new Option<bool>("--float16")
        {
            Description = "Store 16 bits a number in place of 32: half the size, 3 decimal digits.",
        };
        var input = new Option<string>("--input")
        {
            Description =
                "What a detector in ONNX is given: resized (uint8, exact), image (uint8 of any size, resized in the graph) or normalized (float32).",
            HelpName = "INPUT",
            DefaultValueFactory = _ => Lower(OnnxInput.Resized),
        };
        format.CompletionSources.Add([.. Names<ExportFormat>(), Onnx]);
        part.CompletionSources.Add([.. Names<ExportPart>()]);
        input.CompletionSources.Add([.. Names<OnnxInput>()]);
        var command = new Command("export", "Write weights for another framework, or a network for ONNX.")
        {
            source,
            format,
            part,
            output,
            halved,
            input,
        };
        command.SetAction(request =>
        {
            (string from, string to, string path) = (request.GetValue(source)!, request.GetValue(format)!, request.GetValue(output)!);
            var chosen = Choose<ExportPart>(part.Name, request.GetValue(part)!);
            bool halves = request.GetValue(halved);
            if (to != Onnx && request.GetResult(input) is { Implicit: false })
            {
                throw new SocoRequestException($"{input.Name} is for {format.Name} {Onnx} alone; leave it out.");
            }

            ExportJob job =
                to == Onnx
                    ? new ExportJob(
                        new OnnxExportRequest
                        {
                            Source = from,
                            Part = chosen,
                            Input = Choose<OnnxInput>(input.Name, request.GetValue(input)!),
                            Output = path,
                            Halves = halves,
                        }
                    )
                    : new ExportJob(
                        new ExportRequest
                        {
                            Source = from,
                            Format = Choose<ExportFormat>(format.Name, to, Onnx),
                            Part = chosen,
                            Output = path,
                            Halves = halves,
                        }
                    );
            ExportResult result = job.Run();
            foreach (WrapperKey entry in result.LeftOut)
            {
                Console.Error.WriteLine($"soco: left out {PlainText.Of(entry.Key)}: {PlainText.Of(entry.Content)}");
            }

            Console.WriteLine(
                $"{path}: {result.Names.Count} tensors of {result.Source}, {new FileInfo(path).Length / 1e6:0.0} MB, for {to}"
            );
            return 0;
        });
        return command;
    }

    private static T Choose<T>(string option, string given, params string[] others)
        where T : struct, Enum =>
        Enum.GetValues<T>().Where(value => Lower(value) == given).Cast<T?>().FirstOrDefault()
        ?? throw new SocoRequestException($"{option} {given} is not possible: choose {string.Join(", ", Names<T>().Concat(others))}.");

    private static IEnumerable<string> Names<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(Lower);

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
