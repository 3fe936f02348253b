using System.CommandLine;
using System.Globalization;
using Soco.Comparison;
using Soco.Images;
using Soco.Pretraining;
using Soco.Reports;
using Soco.Training;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco demo</c>: the whole story in minutes, without data: scenes, proposals, pretraining, a detector from scratch and one from what was
/// pretrained, and which is better. It is a comparison of one seed, <c>benchmarks/studies/demo.yaml</c>.
/// </summary>
internal static class DemoCommand
{
    private const string Configuration = "Soco.Cli.demo.yaml";

    /// <summary>Test scenes whose objects are compared with each other.</summary>
    private const int ComparedImages = 96;

    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "Where the demo goes. If a demo was stopped there, it goes on.", HelpName = "DIR", DefaultValueFactory = _ => "soco-demo" };
        Option<string[]> set = CommonOptions.Set("Override any key of benchmarks/studies/demo.yaml, such as pretraining.epochs=40. May be given again.");
        Option<int?> threads = CommonOptions.Threads();
        var command = new Command("demo", "See it work, without data: some seven minutes on two cores.") { output, set, threads };
        command.SetAction(request => Run(request.GetValue(output)!, request.GetValue(set)!, request.GetValue(threads)));
        return command;
    }

    private static int Run(string output, string[] overrides, int? threads)
    {
        using var reader = new StreamReader(typeof(DemoCommand).Assembly.GetManifestResourceStream(Configuration)!);
        ComparisonConfig config = ComparisonConfig.Parse(reader.ReadToEnd(), "demo.yaml", overrides);
        Console.WriteLine(
            "Two detectors learn from the same few labelled scenes: one from scratch, one from what it learned before, without labels, from many more (SoCo).");
        Console.WriteLine("Some seven minutes on two cores. Ctrl-C saves, and the same command goes on.");
        string again = $"soco demo --out {output}"
            + string.Concat(overrides.Select(value => $" --set \"{value}\""))
            + (threads is { } count ? $" --threads {count}" : "");
        return new CompareJob(config, output, root: output)
        {
            Command = again,
            Threads = threads,
            Conclude = (folder, images, results) => Conclude(config, folder, images, results),
        }.Run();
    }

    /// <summary>What was measured, whichever is better, and what there is to look at.</summary>
    private static void Conclude(ComparisonConfig config, ComparisonFolder folder, ComparisonImages images, ComparisonResults results)
    {
        CellResult scratch = results.Cells.First(cell => cell.Arm == config.Baseline), pretrained = results.Cells.First(cell => cell.Arm != config.Baseline);
        RunFolder pretraining = RunFolder.Open(folder.PretrainingPath(config.Arms.First(arm => arm.Pretraining is not null), pretrained.Seed));
        string neighbours = DrawNeighbours(pretraining, images);
        double difference = (pretrained.Bbox.Ap50 - scratch.Bbox.Ap50 ?? 0) * 100;
        string verdict = difference switch
        {
            > 0 => $"{Number(difference)} points better than from scratch",
            < 0 => $"{Number(-difference)} points worse than from scratch",
            _ => "the same as from scratch",
        };
        Console.WriteLine();
        Console.WriteLine(
            $"After {pretrained.Budget} labelled scenes, on {results.Data.Test} new ones: AP50 {Percent(scratch.Bbox.Ap50)} from scratch, {Percent(pretrained.Bbox.Ap50)} pretrained on "
            + $"{results.Data.Unlabelled} unlabelled scenes, {verdict}.");
        Console.WriteLine("One seed and minutes of training show how it works, not how well: benchmarks/studies has comparisons with seeds and intervals.");
        Console.WriteLine($"It took {Durations.Format(TimeSpan.FromSeconds(results.Seconds))} with {results.Machine.Threads} threads.");
        Console.WriteLine();
        Console.WriteLine($"What pretraining sees:  {Path.Combine(pretraining.PicturesPath, "views-1.png")}");
        Console.WriteLine($"Nearest boxes:          {neighbours}");
        foreach (CellResult cell in results.Cells)
        {
            Console.WriteLine($"Truth and finds:        {Path.GetFullPath(Path.Combine(folder.Root, cell.Run, "pictures", "found-1.png"))}");
        }

        Console.WriteLine();
        Console.WriteLine("Next: soco pretrain path/to/your/images --out run");
    }

    /// <summary>Draws which objects of the test scenes are alike to the pretrained network, and says how often that is right.</summary>
    private static string DrawNeighbours(RunFolder pretraining, ComparisonImages images)
    {
        (SocoModel trained, PretrainingRecipe recipe) = PretrainedNetwork.Open(pretraining);
        using (trained)
        using (SocoModel drawn = PretrainedNetwork.Draw(recipe))
        {
            var sheet = new NeighbourSheet();
            NeighbourSheet.Result before = sheet.Make(drawn, recipe, images.Test, ComparedImages), after = sheet.Make(trained, recipe, images.Test, ComparedImages);
            string path = Path.Combine(pretraining.PicturesPath, "neighbours.png");
            ImageWriter.SavePng(after.Sheet, path);
            ReportJob.Save(pretraining.Root, Narration.OfPart("pretraining"));
            Console.WriteLine(
                $"Of the {sheet.Neighbours} boxes that are nearest to a box, {after.Purity:P0} show the same class, {before.Purity:P0} before pretraining "
                + $"(chance {after.Chance:P0}); pretraining saw no label.");
            return path;
        }
    }

    private static string Percent(double? share) => share is { } known ? Number(known * 100) : "-";

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
