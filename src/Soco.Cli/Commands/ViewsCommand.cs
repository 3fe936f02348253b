using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Jobs;
using Soco.Recipes;
using Soco.Vision;
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
        var count = new Option<int>("--count")
        {
            Description = "Sheets at most, spread over the images; 0 draws all.",
            HelpName = "N",
            DefaultValueFactory = _ => 12,
        };
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
            ProposalStore? store = request.GetValue(proposals) is { } path ? ProposalStore.Load(path) : null;
            using var console = new ConsoleProgress();
            new ViewsJob(
                new ViewsRequest
                {
                    Images = source,
                    Recipe = asked,
                    Output = request.GetValue(output)!,
                    Proposals = store,
                    Count = request.GetValue(count),
                    Epoch = request.GetValue(epoch),
                }
            ).Run(console);
            return 0;
        });
        return command;
    }
}
