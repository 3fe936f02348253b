using System.CommandLine;
using Soco.Images;
using Soco.Training;

namespace Soco.Cli.Commands;

/// <summary><c>soco pretrain IMAGES --out RUN</c>: proposals, if there are none, then pretraining.</summary>
internal static class PretrainCommand
{
    private const string DefaultRecipe = "small";

    public static Command Create()
    {
        Argument<string[]> images = CommonOptions.Images();
        Option<string> output = CommonOptions.Out("The run folder. If it holds a run, that run goes on.", "RUN");
        Option<string?> proposals = CommonOptions.Proposals();
        var steps = new Option<long?>("--steps") { Description = "Stop after N steps in total; the schedule stays that of the full run.", HelpName = "N" };
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in the folder, and fail if there is none." };
        var recipe = new PretrainFlags();
        var command = new Command("pretrain", "Pretrain a detector's backbone, FPN and box head on unlabelled images.") { images, output, proposals };
        recipe.AddTo(command);
        command.Options.Add(steps);
        command.Options.Add(resume);
        command.SetAction(request =>
        {
            string path = request.GetValue(output)!;
            if (request.GetValue(steps) is <= 0)
            {
                throw new SocoRequestException($"--steps {request.GetValue(steps)} is not possible: give at least 1, or leave it out.");
            }

            if (request.GetValue(proposals) is { } missing && !Path.Exists(missing))
            {
                throw new SocoRequestException($"There are no proposals at {missing}: name what `soco proposals` made, or leave --proposals out.");
            }

            if (request.GetValue(resume))
            {
                RunFolder.Open(path);
            }

            bool goesOn = RunFolder.IsRun(path);
            PretrainingRecipe asked = recipe.Load(request, goesOn ? RunFolder.Open(path).RecipePath : DefaultRecipe);
            using ImageSource source = ImageSource.Open(request.GetValue(images)!);
            RunFolder folder = RunFolder.Create(path);
            using IDisposable held = folder.Lock();
            using var interruption = new Interruption();
            string again = $"soco pretrain {string.Join(' ', request.GetValue(images)!)} --out {path}"
                + (request.GetValue(proposals) is { } given ? $" --proposals {given}" : "");
            return new PretrainJob(folder, source, interruption).Run(asked, request.GetValue(proposals), request.GetValue(steps), again);
        });
        return command;
    }
}
