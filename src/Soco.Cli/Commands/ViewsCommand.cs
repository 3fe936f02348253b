using System.CommandLine;
using Soco.Cli.Jobs;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Reports;
using Soco.Vision;
using Soco.Vision.IO;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;

namespace Soco.Cli.Commands;

/// <summary><c>soco views IMAGES --out DIR</c>: what the model sees, a sheet for each image.</summary>
internal static class ViewsCommand
{
    public static Command Create()
    {
        Argument<string[]> images = CommonOptions.Images();
        Option<string> output = CommonOptions.Out("The folder for the sheets.");
        Option<string?> proposals = CommonOptions.Proposals();
        var count = new Option<int>("--count") { Description = "Sheets at most, spread over the images; 0 draws all.", HelpName = "N", DefaultValueFactory = _ => 12 };
        var epoch = new Option<int>("--epoch") { Description = "Draw what this epoch sees, from 0.", HelpName = "N" };
        var recipe = new PretrainFlags();
        var command = new Command("views", "Draw the views and boxes that the model sees.") { images, output, proposals, count, epoch };
        recipe.AddTo(command);
        command.SetAction(request =>
        {
            if (request.GetValue(count) < 0 || request.GetValue(epoch) < 0)
            {
                throw new SocoRequestException("--count and --epoch are not negative.");
            }

            PretrainingRecipe asked = recipe.Load(request);
            using ImageSource source = CommonOptions.Open(request.GetValue(images)!);
            int sheets = request.GetValue(count) == 0 ? source.Count : Math.Min(request.GetValue(count), source.Count);
            ProposalStore? store = request.GetValue(proposals) is { } path ? ProposalStore.Load(path) : null;
            Draw(source, store, asked, request.GetValue(output)!, sheets, request.GetValue(epoch));
            return 0;
        });
        return command;
    }

    private static void Draw(ImageSource source, ProposalStore? store, PretrainingRecipe recipe, string folder, int sheets, int epoch)
    {
        var sampler = new ViewSampler(recipe);
        Func<RgbImage, string, IReadOnlyList<BoxXywh>> propose = PretrainJob.StrategyOf(recipe).NewWorker();
        OutputFolder.Make(folder);
        using var skipped = new SkippedList(Path.Combine(folder, "skipped.csv"));
        string[] pictures = PictureNames.Of(source);
        int drawn = 0;
        for (int i = 0; i < sheets; i++)
        {
            int index = (int)((long)i * source.Count / sheets);
            string name = source.NameOf(index);
            try
            {
                RgbImage image = ImageDecoder.Decode(source.ReadBytes(index), name);
                if (store is null || !store.TryFind(name, out BoxXywh[] boxes))
                {
                    boxes = [.. propose(image, name)];
                }

                Sample sample = sampler.Make(image, boxes, epoch, index, withGeometry: true);
                string path = Path.Combine(folder, pictures[index]);
                ImageWriter.SavePng(new ViewSheet { ShowLevels = recipe.HasLevels }.Draw(image, boxes, sample, name), path);
                Console.WriteLine(path);
                drawn++;
            }
            catch (UnreadableImageException exception)
            {
                skipped.Add(exception);
            }
        }

        if (drawn == 0)
        {
            throw new SocoRunException($"None of the {sheets} images can be read; {Path.Combine(folder, "skipped.csv")} says why.");
        }
    }
}
