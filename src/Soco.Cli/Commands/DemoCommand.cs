using System.CommandLine;
using System.Globalization;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Comparison;
using Soco.Jobs;
using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Reports;
using Soco.Runs;
using Soco.Training;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Weights;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco demo</c>: the whole story in minutes, without data: scenes, proposals, the beginning of a pretraining, a detector from scratch
/// and one from weights that the same pretraining came to in three quarters of an hour, and which is better. It is a comparison of one
/// seed, <c>benchmarks/studies/demo.yaml</c>; <c>benchmarks/studies/scenes-nano.yaml</c> made the weights.
/// </summary>
internal static class DemoCommand
{
    private const string Configuration = "Soco.Cli.demo.yaml";
    private const string Weights = "Soco.Cli.demo.safetensors";
    private const string TrialName = "trial";

    /// <summary>21 epochs of 10,000 scenes.</summary>
    private const int ShippedPasses = 210_000;

    /// <summary>Test scenes whose objects are compared with each other.</summary>
    private const int ComparedImages = 96;

    public static Command Create()
    {
        var output = new Option<string>("--out")
        {
            Description = "Where the demo goes. If a demo was stopped there, it goes on.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "soco-demo",
        };
        Option<string[]> set = CommonOptions.Set(
            "Override any key of benchmarks/studies/demo.yaml, such as pretraining.epochs=40. May be given again."
        );
        Option<int?> threads = CommonOptions.Threads();
        var command = new Command("demo", "See it work, without data: some five minutes on two cores.") { output, set, threads };
        command.SetAction(request => Run(request.GetValue(output)!, request.GetValue(set)!, request.GetValue(threads)));
        return command;
    }

    private static int Run(string output, string[] overrides, int? threads)
    {
        using var reader = new StreamReader(Resource(Configuration));
        ComparisonConfig config = ComparisonConfig.Parse(reader.ReadToEnd(), "demo.yaml", overrides);
        ComparisonArm pretrained = config.Arms.First(arm => arm.Weights is not null);
        string weights = Path.Combine(ComparisonFolder.Create(output).Root, pretrained.Weights!);
        WriteWeights(weights);
        Console.WriteLine(
            "Two detectors learn from the same few labelled scenes: one from scratch, one from what SoCo learned before, without labels, from 10,000 others."
        );
        Console.WriteLine(
            "That took three quarters of an hour of one core, so its weights come with the program. Here you see how it begins, and what it is worth."
        );
        Console.WriteLine("Some five minutes on two cores. Ctrl-C saves, and the same command goes on.");
        using var interruption = new Interruption();
        using var console = new ConsoleProgress();
        ComparisonResults? measured = new CompareJob(
            new CompareRequest
            {
                Config = config,
                Output = output,
                Root = output,
                Threads = threads,
                Prepare = (folder, images) =>
                    Pretrain(
                        config with
                        {
                            Pretraining = config.Pretraining with { Threads = threads ?? 0 },
                        },
                        folder,
                        images,
                        console,
                        interruption.Token
                    ),
                Conclude = (folder, images, results) => Conclude(config, folder, images, results, weights, console),
                Command = TypedCommand.Text,
            }
        ).Run(console, interruption.Token);
        return measured is null ? TypedCommand.GoOnWith(interruption) : 0;
    }

    /// <summary>The beginning of a pretraining, to be seen: proposals, views, a falling loss.</summary>
    private static bool Pretrain(
        ComparisonConfig config,
        ComparisonFolder folder,
        ComparisonImages images,
        ConsoleProgress console,
        CancellationToken cancellationToken
    )
    {
        var job = new PretrainJob(
            new PretrainRequest
            {
                Images = images.Unlabelled,
                Output = TrialPathOf(folder),
                Recipe = config.Pretraining with { Seed = config.Seeds[0] },
                Command = TypedCommand.Text,
            }
        );
        bool ended = job.Run(console.Part(TrialName), cancellationToken).Outcome == TrainingOutcome.Completed;
        if (ended)
        {
            console.Dispose();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"That was the beginning: {(long)config.Pretraining.Epochs * images.Unlabelled.Count:N0} passes over a scene, and the weights that come with the program took {ShippedPasses:N0}."
                )
            );
            Console.WriteLine();
        }

        return ended;
    }

    /// <summary>What was measured, whichever is better, and what there is to look at.</summary>
    private static void Conclude(
        ComparisonConfig config,
        ComparisonFolder folder,
        ComparisonImages images,
        ComparisonResults results,
        string weights,
        ConsoleProgress console
    )
    {
        CellResult scratch = results.Cells.First(cell => cell.Arm == config.Baseline),
            pretrained = results.Cells.First(cell => cell.Arm != config.Baseline);
        RunFolder trial = RunFolder.Open(TrialPathOf(folder));
        string neighbors = DrawNeighbors(config.Pretraining with { Seed = config.Seeds[0] }, weights, trial, images, console);
        double difference = (pretrained.Bbox.Ap50 - scratch.Bbox.Ap50 ?? 0) * 100;
        string verdict = difference switch
        {
            > 0 => $"{Number(difference)} points better than from scratch",
            < 0 => $"{Number(-difference)} points worse than from scratch",
            _ => "the same as from scratch",
        };
        Console.WriteLine();
        Console.WriteLine(
            $"After {pretrained.Budget} labelled scenes, on {results.Data.Test} new ones: AP50 {Percent(scratch.Bbox.Ap50)} from scratch, {Percent(pretrained.Bbox.Ap50)} pretrained, {verdict}."
        );
        Console.WriteLine("One seed shows how it works: benchmarks/results has real images, seeds and intervals.");
        Console.WriteLine($"It took {Durations.Format(TimeSpan.FromSeconds(results.Seconds))} with {results.Machine.Threads} threads.");
        Console.WriteLine();
        Console.WriteLine($"What pretraining sees:  {Path.Combine(trial.PicturesPath, "views-1.png")}");
        Console.WriteLine($"Nearest boxes:          {neighbors}");
        foreach (CellResult cell in results.Cells)
        {
            RunFolder run = RunFolder.Open(Path.Combine(folder.Root, cell.Run));
            if (FoundPictures.Read(run.FoundPath).Pictures.OrderByDescending(picture => picture.IsTypical).FirstOrDefault() is { } typical)
            {
                Console.WriteLine($"Truth and finds:        {Path.Combine(run.PicturesPath, typical.Picture)}");
            }
        }

        Console.WriteLine();
        Console.WriteLine("Next: soco pretrain path/to/your/images --out run");
    }

    /// <summary>Draws which objects of the test scenes are alike to the pretrained network.</summary>
    private static string DrawNeighbors(
        PretrainingRecipe recipe,
        string path,
        RunFolder trial,
        ComparisonImages images,
        ConsoleProgress console
    )
    {
        using WeightsFile weights = WeightsFile.Open(path);
        using SocoModel trained = PretrainedNetwork.Load(recipe, weights);
        string picture = Path.Combine(trial.PicturesPath, "neighbors.png");
        ImageWriter.SavePng(new NeighborSheet().Make(trained, recipe, images.Test, ComparedImages).Sheet, picture);
        RunReport.Save(trial.Root, console.Part(TrialName));
        return picture;
    }

    private static void WriteWeights(string path)
    {
        if (!File.Exists(path))
        {
            AtomicFile.Write(
                path,
                stream =>
                {
                    using Stream shipped = Resource(Weights);
                    shipped.CopyTo(stream);
                }
            );
        }
    }

    private static string TrialPathOf(ComparisonFolder folder) => Path.Combine(folder.Root, TrialName);

    private static Stream Resource(string name) => typeof(DemoCommand).Assembly.GetManifestResourceStream(name)!;

    private static string Percent(double? share) => share is { } known ? Number(known * 100) : "-";

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
