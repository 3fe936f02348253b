using System.CommandLine;
using Soco.Annotations;
using Soco.Images;
using Soco.Reports;
using Soco.Scenes;
using Soco.Training;

namespace Soco.Cli.Commands;

/// <summary><c>soco demo</c>: draws scenes, makes proposals, pretrains a small network for a few minutes, and shows what it learned.</summary>
internal static class DemoCommand
{
    /// <summary>Scenes whose objects are compared.</summary>
    private const int ComparedImages = 96;

    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "Where the demo goes.", HelpName = "DIR", DefaultValueFactory = _ => "soco-demo" };
        var images = new Option<int>("--images") { Description = "Scenes to draw.", HelpName = "N", DefaultValueFactory = _ => 256 };
        var epochs = new Option<int>("--epochs") { Description = "Passes over the scenes.", HelpName = "N", DefaultValueFactory = _ => 16 };
        var set = new Option<string[]>("--set") { Description = "Override any key of the small recipe.", HelpName = "key=value", DefaultValueFactory = _ => [] };
        var command = new Command("demo", "See it work, without data: a few minutes on two cores.") { output, images, epochs, set };
        command.SetAction(request => Run(request.GetValue(output)!, request.GetValue(images), request.GetValue(epochs), request.GetValue(set)!));
        return command;
    }

    private static int Run(string output, int images, int epochs, string[] overrides)
    {
        if (images < 2 || epochs < 1)
        {
            throw new SocoRequestException("--images takes at least 2, and --epochs at least 1.");
        }

        using var interruption = new Interruption();
        PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>("small", [$"epochs={epochs}", $"optimizer.warmup_epochs={Math.Max(1, epochs / 8)}", .. overrides]);
        string scenes = Path.Combine(output, "scenes");
        CocoDataset dataset = ProgressLine.Run("scenes", progress => SceneSet.Write(
            scenes,
            images,
            (ulong)recipe.Seed,
            drawn: done => progress.Report(done, images, null, "drawn"),
            cancellationToken: interruption.Token));

        RunFolder folder = RunFolder.Create(Path.Combine(output, "run"));
        using IDisposable held = folder.Lock();
        using ImageSource source = ImageSource.Open([Path.Combine(scenes, "train")]);
        string neighbours = Path.Combine(folder.PicturesPath, "neighbours.png");
        NeighbourSheet.Result? before = null;
        var job = new PretrainJob(folder, source, interruption)
        {
            BeforeTraining = (task, stepsDone) => before = stepsDone == 0 ? Compare(task, recipe, dataset, source) : null,
            AfterTraining = task =>
            {
                NeighbourSheet.Result after = Compare(task, recipe, dataset, source);
                ImageWriter.SavePng(after.Sheet, neighbours);
                Console.WriteLine($"Nearest boxes: {neighbours}");
                Console.WriteLine(
                    $"Of the 5 nearest boxes in other images {after.Purity:P0} show the same class{(before is null ? "" : $", {before.Purity:P0} before training")} "
                    + $"(chance {after.Chance:P0}); no label was used.");
            },
        };
        int exitCode = job.Run(recipe, proposals: null, stopAfter: null, $"soco demo --out {output} --images {images} --epochs {epochs}");
        if (exitCode == 0)
        {
            Console.WriteLine($"What the model sees: {Path.Combine(folder.PicturesPath, "views-1.png")} and its neighbours");
            Console.WriteLine("Next: soco pretrain path/to/your/images --out run");
        }

        return exitCode;
    }

    /// <summary>Compares the objects of the first scenes by their features, and by their classes, which training never saw.</summary>
    private static NeighbourSheet.Result Compare(PretrainingTask task, PretrainingRecipe recipe, CocoDataset dataset, ImageSource source)
    {
        Dictionary<int, string> names = dataset.Categories.ToDictionary(category => category.Id, category => category.Name);
        int count = Math.Min(ComparedImages, source.Count);
        RgbImage[] images = [.. Enumerable.Range(0, count).Select(i => ImageDecoder.Decode(source.ReadBytes(i), source.NameOf(i)))];
        Dictionary<long, int> places = dataset.Images.Take(count).Select((image, place) => (image.Id, place)).ToDictionary(p => p.Id, p => p.place);
        DescribedBox[] boxes =
        [
            .. from annotation in dataset.Annotations
               where places.ContainsKey(annotation.ImageId)
               select new DescribedBox(places[annotation.ImageId], annotation.Box.WholePixels, names[annotation.CategoryId]),
        ];
        return new NeighbourSheet().Make(task.Model, recipe, images, boxes);
    }
}
