using System.CommandLine;
using System.Text.Json;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Detection.Data;
using Soco.Probing;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Weights;
using Spectre.Console;

namespace Soco.Cli.Commands;

/// <summary><c>soco probe RUN|FILE --annotations LABELS</c>: what frozen features know, beside a fresh network of the same shape.</summary>
internal static class ProbeCommand
{
    private const int PublishedSize = 224;

    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static Command Create()
    {
        var path = new Argument<string>("RUN|FILE")
        {
            Description = "A run of `soco pretrain` or `soco finetune`, or a file of weights of any kind that Soco reads.",
        };
        var data = new LabelledData();
        var folders = new Option<string?>("--class-folders")
        {
            Description = "In place of labelled boxes: images in a folder for each class.",
            HelpName = "DIR",
        };
        var testFolders = new Option<string?>("--val-class-folders")
        {
            Description = "Such a folder to test on. Default: every third image of --class-folders.",
            HelpName = "DIR",
        };
        var size = new Option<int>("--size")
        {
            Description = "Short side of the images in pixels. Default: the view size of the run, or 224 for a file.",
            HelpName = "N",
        };
        var objects = new Option<int>("--objects")
        {
            Description = "Labelled objects to learn from and to test on, at most.",
            HelpName = "N",
            DefaultValueFactory = _ => new ProbeOptions().TrainingObjects,
        };
        var seed = new Option<long>("--seed") { Description = "Seed of the fresh network and of the choice of objects.", HelpName = "N" };
        Option<int?> threads = CommonOptions.Threads();
        var output = new Option<string?>("--out") { Description = "A file for the figures.", HelpName = "FILE.json" };
        var command = new Command("probe", "Measure what frozen features know of labelled boxes or images, beside a fresh network.")
        {
            path,
        };
        data.AddTo(command);
        foreach (Option option in new Option[] { folders, testFolders, size, objects, seed, threads, output })
        {
            command.Options.Add(option);
        }

        CommonOptions.RequireFrom(objects, 2);
        CommonOptions.RequireFrom(size, 32);
        command.SetAction(request =>
        {
            string probed = request.GetValue(path)!;
            PretrainingRecipe? recipe = RunFolder.FindPretraining(probed);
            var options = new ProbeOptions
            {
                Size = request.GetValue(size) is > 0 and var given ? given : recipe?.Views.Size ?? PublishedSize,
                TrainingObjects = request.GetValue(objects),
                TestObjects = request.GetValue(objects),
                Seed = request.GetValue(seed),
                Threads = request.GetValue(threads) is > 0 and var count ? count : Environment.ProcessorCount,
            };
            using WeightsFile weights = RunFolder.OpenWeights(probed);
            OutputFolder.MakeFor(request.GetValue(output));
            using var interruption = new Interruption();
            try
            {
                object figures = (request.GetValue(folders), data.IsGiven(request)) switch
                {
                    ({ } training, false) => Images(weights, recipe, training, request.GetValue(testFolders), options, interruption.Token),
                    (null, true) => Boxes(weights, recipe, data, request, options, interruption.Token),
                    _ => throw new SocoRequestException(
                        "A probe needs labels: give --annotations with labelled boxes, or --class-folders with images in a folder for each class."
                    ),
                };
                if (request.GetValue(output) is { } file)
                {
                    AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, figures, figures.GetType(), s_json));
                    Console.WriteLine($"Figures: {file}");
                }

                return 0;
            }
            catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
            {
                Console.Error.WriteLine("Interrupted; nothing was written.");
                return interruption.ExitCode;
            }
        });
        return command;
    }

    private static BoxProbeResult Boxes(
        WeightsFile weights,
        PretrainingRecipe? recipe,
        LabelledData data,
        ParseResult request,
        ProbeOptions options,
        CancellationToken interruption
    )
    {
        (LabelledImages training, LabelledImages? test) = data.Open(request);
        using (training)
        using (test)
        {
            foreach (string note in training.Notes(withMasks: false))
            {
                Console.WriteLine($"Labels: {note}.");
            }

            foreach (string note in test?.Notes(withMasks: false) ?? [])
            {
                Console.WriteLine($"Validation labels: {note}.");
            }

            var probe = new BoxProbe(training, test ?? training, options);
            using var progress = new ProgressLine("probe");
            BoxProbeResult result = probe.Run(
                weights,
                recipe,
                (done, all) => progress.Report(done, all, null, "images"),
                Skip,
                interruption
            );
            progress.Clear();
            Print(result);
            return result;
        }
    }

    private static ImageProbeResult Images(
        WeightsFile weights,
        PretrainingRecipe? recipe,
        string training,
        string? test,
        ProbeOptions options,
        CancellationToken interruption
    )
    {
        using var known = new ClassFolders(training);
        using ClassFolders? asked = test is null ? null : new ClassFolders(test);
        var probe = new ImageProbe(known, asked ?? known, options);
        bool zeroInit = (recipe ?? new PretrainingRecipe()).Model.ZeroInitResidual;
        using var progress = new ProgressLine("probe");
        ImageProbeResult result = probe.Run(
            weights,
            zeroInit,
            (done, all) => progress.Report(done, all, null, "images"),
            Skip,
            interruption
        );
        progress.Clear();
        Console.WriteLine(
            $"Linear evaluation on {result.TestImages} images of {result.Classes} classes after {result.TrainingImages}, {result.Size} pixels:"
        );
        var table = new Table().AddColumns("network", "top-1", "top-5").Border(TableBorder.Simple);
        table.AddRow("pretrained", Percent(result.Pretrained.Top1), Percent(result.Pretrained.Top5));
        table.AddRow("fresh", Percent(result.Fresh.Top1), Percent(result.Fresh.Top5));
        AnsiConsole.Write(table);
        return result;
    }

    private static void Print(BoxProbeResult result)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 160;
        }

        Console.WriteLine(
            $"{result.TestObjects} objects after {result.TrainingObjects}, {result.Classes} classes, {result.Size} pixels; always the commonest class: {Percent(result.Chance)} %. "
                + "In brackets: a fresh network of the same shape."
        );
        var table = new Table()
            .AddColumns("features", "dimensions", "linear %", "neighbors %", "rank", "variance of size %", "of level %", "of class %")
            .Border(TableBorder.Simple);
        foreach (BoxProbeRow row in result.Rows)
        {
            string Beside(Func<FeatureFigures, double> value) => $"{Percent(value(row.Pretrained))} ({Percent(value(row.Fresh))})";
            table.AddRow(
                row.Features,
                $"{row.Dimensions}",
                Beside(figures => figures.Ridge),
                Beside(figures => figures.Neighbors),
                $"{row.Pretrained.Rank:0.0} ({row.Fresh.Rank:0.0})",
                Beside(figures => figures.VarianceOfSize),
                Beside(figures => figures.VarianceOfLevel),
                Beside(figures => figures.VarianceOfClass)
            );
        }

        AnsiConsole.Write(table);
    }

    private static void Skip(UnreadableImageException exception) => Console.Error.WriteLine($"Left out: {exception.Message}");

    private static string Percent(double share) => $"{100 * share:0.0}";
}
