using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Jobs;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Export;

namespace Soco.Cli.Commands;

/// <summary><c>soco export RUN|FILE --to FORMAT --out FILE</c>: weights for the authors' code, detectron2, mmdetection, torchvision or safetensors.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("RUN|FILE") { Description = "A run folder, or a file of weights of any kind that Soco reads." };
        var format = new Option<string>("--to")
        {
            Description = "soco (the authors' .pth), detectron2 (.pkl), mmdetection (.pth), torchvision (.pth) or safetensors.",
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
        var halved = new Option<bool>("--float16") { Description = "Store 16 bits a number in place of 32: half the size, 3 decimal digits." };
        var command = new Command("export", "Write weights for another framework.") { source, format, part, output, halved };
        command.SetAction(request => Run(
            request.GetValue(source)!,
            Choose<ExportFormat>(format.Name, request.GetValue(format)!),
            Choose<ExportPart>(part.Name, request.GetValue(part)!),
            request.GetValue(output)!,
            request.GetValue(halved)));
        return command;
    }

    private static int Run(string source, ExportFormat format, ExportPart part, string output, bool halved)
    {
        ExportResult result = new ExportJob(new ExportRequest { Source = source, Format = format, Part = part, Output = output, Halves = halved }).Run();
        foreach (WrapperKey entry in result.LeftOut)
        {
            Console.Error.WriteLine($"soco: left out {PlainText.Of(entry.Key)}: {PlainText.Of(entry.Content)}");
        }

        Console.WriteLine($"{output}: {result.Names.Count} tensors of {result.Source}, {new FileInfo(output).Length / 1e6:0.0} MB, for {Lower(format)}");
        return 0;
    }

    private static T Choose<T>(string option, string given)
        where T : struct, Enum =>
        Enum.GetValues<T>().Where(value => Lower(value) == given).Cast<T?>().FirstOrDefault()
        ?? throw new SocoRequestException($"{option} {given} is not possible: choose {string.Join(", ", Enum.GetValues<T>().Select(Lower))}.");

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
