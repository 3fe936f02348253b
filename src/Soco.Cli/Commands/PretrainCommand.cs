using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Detection.Data;
using Soco.Jobs;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Sources;
using Soco.Weights;

namespace Soco.Cli.Commands;

/// <summary><c>soco pretrain IMAGES --out RUN</c>: proposals, if there are none, then pretraining.</summary>
internal static class PretrainCommand
{
    public static Command Create()
    {
        Argument<string[]> images = CommonOptions.Images();
        Option<string> output = CommonOptions.Out("The run folder. If it holds a run, that run goes on.", "RUN");
        Option<string?> proposals = CommonOptions.Proposals();
        var steps = new Option<long?>("--steps")
        {
            Description = "Stop after N steps in total; the schedule stays that of the full run.",
            HelpName = "N",
        };
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in the folder, and fail if there is none." };
        var weights = new Option<string?>("--weights")
        {
            Description =
                "What it starts from: another run, a published checkpoint, or a file of weights of any kind that Soco reads. Default: at random.",
            HelpName = "RUN|FILE",
        };
        Option<bool> strict = CommonOptions.Strict();
        Option<bool> partial = CommonOptions.Partial();
        var labels = new LabelledData();
        var recipe = new PretrainFlags();
        var command = new Command("pretrain", "Pretrain a detector's backbone, FPN and box head on unlabelled images.")
        {
            images,
            output,
            proposals,
        };
        recipe.AddTo(command);
        command.Options.Add(weights);
        command.Options.Add(strict);
        command.Options.Add(partial);
        command.Options.Add(steps);
        command.Options.Add(resume);
        command.Options.Add(CommonOptions.ProcessesOption);
        labels.AddTo(command);
        command.SetAction(request =>
        {
            string path = request.GetValue(output)!;
            if (request.GetValue(steps) is <= 0)
            {
                throw new SocoRequestException($"--steps {request.GetValue(steps)} is not possible: give at least 1, or leave it out.");
            }

            if (request.GetValue(proposals) is { } missing && !Path.Exists(missing))
            {
                throw new SocoRequestException(
                    $"There are no proposals at {missing}: name what `soco proposals` made, or leave --proposals out."
                );
            }

            if (!labels.IsGiven(request) && labels.FirstGiven(request) is { } alone)
            {
                throw new SocoRequestException(
                    $"{alone} is of labels to probe with, and none are named: add --annotations, or leave it out."
                );
            }

            if (request.GetValue(resume))
            {
                RunFolder.Open(path);
            }

            bool goesOn = RunFolder.IsRun(path);
            string? from = request.GetValue(weights);
            using WeightsFile? start = from is null ? null : RunFolder.OpenWeights(from, whole: true);
            CommonOptions.RefuseLeftOut(request.GetValue(strict) ? start : null, from);
            WeightsWidths? given = start is null ? null : WeightsWidths.Of(start);
            PretrainingRecipe asked = goesOn
                ? recipe.Load(request, RunFolder.Open(path).RecipePath)
                : recipe.Load(request, given: given?.BackboneOverrides);
            given?.RefuseOther(from!, asked.ArchName, asked.Model.Width);
            if (!request.GetValue(partial))
            {
                given?.RefuseDeeper(from!, isOptional: true);
            }

            using ImageSource source = CommonOptions.Open(request.GetValue(images)!);
            (LabelledImages Training, LabelledImages? Test)? probed = labels.IsGiven(request) ? labels.Open(request) : null;
            using LabelledImages? training = probed?.Training;
            using LabelledImages? test = probed?.Test;
            using var interruption = new Interruption();
            using var console = new ConsoleProgress();
            TrainingResult result = new PretrainJob(
                new PretrainRequest
                {
                    Images = source,
                    Output = path,
                    Recipe = asked,
                    Proposals = request.GetValue(proposals),
                    StopAfter = request.GetValue(steps),
                    Weights = start,
                    Strict = request.GetValue(strict),
                    Partial = request.GetValue(partial),
                    ProbeTraining = training,
                    ProbeTest = test,
                    Processes = ProcessGroup.Current,
                    Command = TypedCommand.Text,
                }
            ).Run(console, interruption.Token);
            return result.Outcome == TrainingOutcome.Interrupted ? TypedCommand.GoOnWith(interruption) : 0;
        });
        return command;
    }
}
