using System.CommandLine;
using Soco.Checkpoints;
using Soco.Data;
using Soco.Training;

namespace Soco.Cli.Commands;

/// <summary><c>soco finetune --annotations LABELS --out RUN [--weights RUN|FILE]</c>: a Mask R-CNN on labelled images.</summary>
internal static class FinetuneCommand
{
    private const string DefaultRecipe = "small";

    public static Command Create()
    {
        var data = new LabelledData();
        Option<string> output = CommonOptions.Out("The run folder. If it holds a run, that run goes on.", "RUN");
        var weights = new Option<string?>("--weights")
        {
            Description = "What it starts from: a pretrained run, a run of this command, or a file of weights of any kind that Soco reads. Default: from scratch.",
            HelpName = "RUN|FILE",
        };
        var transfer = new Option<TransferParts>("--transfer")
        {
            Description = "What is taken over: backbone, fpn (with the backbone), head (with both), or all.",
            HelpName = "PART",
            DefaultValueFactory = _ => TransferParts.All,
        };
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in the folder, and fail if there is none." };
        var recipe = new FinetuneFlags();
        var command = new Command("finetune", "Train a detector on labelled images, from pretrained weights or from scratch.");
        data.AddTo(command);
        command.Options.Add(output);
        command.Options.Add(weights);
        command.Options.Add(transfer);
        recipe.AddTo(command);
        command.Options.Add(resume);
        command.SetAction(request =>
        {
            string path = request.GetValue(output)!;
            if (request.GetValue(resume))
            {
                RunFolder.Open(path);
            }

            bool goesOn = RunFolder.IsRun(path);
            using WeightsFile? start = request.GetValue(weights) is { } from && !(goesOn && RunFolder.Open(path).FindLast() is not null) ? RunFolder.OpenWeights(from) : null;
            WeightsWidths? given = start is null ? null : WeightsWidths.Of(start);
            DetectionRecipe asked = goesOn
                ? recipe.Load(request, RunFolder.Open(path).RecipePath)
                : recipe.Load(request, DefaultRecipe, given?.Overrides);
            given?.RefuseOther(request.GetValue(weights)!, asked.ArchName, asked.Model.Width);
            (LabelledImages training, LabelledImages? validation) = data.Open(request);
            using (training)
            using (validation)
            using (var interruption = new Interruption())
            {
                var job = new FinetuneJob(path, training, validation, interruption);
                return job.Run(asked, start, request.GetValue(transfer), $"soco finetune{data.Again(request)} --out {path}");
            }
        });
        return command;
    }
}
