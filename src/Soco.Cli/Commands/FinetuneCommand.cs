using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Detection.Data;
using Soco.Jobs;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals.Storage;
using Soco.Weights;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco finetune --annotations LABELS --out RUN [--weights RUN|FILE]</c>: a Mask R-CNN on labelled images, or on proposals in place of
/// labels.
/// </summary>
internal static class FinetuneCommand
{
    public static Command Create()
    {
        var images = new Argument<string[]>("IMAGES")
        {
            Description =
                "With --proposals: the images that they are of; files, folders, a zip or tar, or a COCO JSON beside its image folder.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var proposals = new Option<string?>("--proposals")
        {
            Description =
                "In place of labels: learn to find the boxes of `soco proposals`, all as one class; a labelled fine-tuning then starts from this run.",
            HelpName = "DIR|FILE",
        };
        var data = new LabelledData();
        Option<string> output = CommonOptions.Out("The run folder. If it holds a run, that run goes on.", "RUN");
        var weights = new Option<string?>("--weights")
        {
            Description =
                "What it starts from: a pretrained run, a run of this command, or a file of weights of any kind that Soco reads. Default: from scratch.",
            HelpName = "RUN|FILE",
        };
        var transfer = new Option<TransferParts>("--transfer")
        {
            Description = "What is taken over: backbone, fpn (with the backbone), head (with both), or all.",
            HelpName = "PART",
            DefaultValueFactory = _ => TransferParts.All,
        };
        Option<bool> strict = CommonOptions.Strict();
        Option<bool> partial = CommonOptions.Partial();
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in the folder, and fail if there is none." };
        var recipe = new FinetuneFlags();
        var command = new Command("finetune", "Train a detector on labelled images, from pretrained weights or from scratch.")
        {
            images,
            proposals,
        };
        data.AddTo(command);
        command.Options.Add(output);
        command.Options.Add(weights);
        command.Options.Add(transfer);
        command.Options.Add(strict);
        command.Options.Add(partial);
        recipe.AddTo(command);
        command.Options.Add(resume);
        command.Options.Add(CommonOptions.ProcessesOption);
        command.SetAction(request =>
        {
            string path = request.GetValue(output)!;
            RefuseMixture(request.GetValue(images)!, request.GetValue(proposals), data, request);
            if (request.GetValue(resume))
            {
                RunFolder.Open(path);
            }

            bool goesOn = RunFolder.IsRun(path);
            using WeightsFile? start =
                request.GetValue(weights) is { } from && !(goesOn && RunFolder.Open(path).FindLast() is not null)
                    ? RunFolder.OpenWeights(from)
                    : null;
            CommonOptions.RefuseLeftOut(request.GetValue(strict) ? start : null, request.GetValue(weights));
            WeightsWidths? given = start is null ? null : WeightsWidths.Of(start);
            DetectionRecipe asked = goesOn
                ? recipe.Load(request, RunFolder.Open(path).RecipePath)
                : recipe.Load(request, given: given?.Overrides);
            given?.RefuseOther(request.GetValue(weights)!, asked.ArchName, asked.Model.Width);
            if (!request.GetValue(partial))
            {
                given?.RefuseDeeper(request.GetValue(weights)!, isOptional: true);
            }

            var leftOut = new List<UnreadableImageException>();
            string? boxes = request.GetValue(proposals);
            (LabelledImages training, LabelledImages? validation) = boxes is null
                ? data.Open(request)
                : (ProposalLabels.Of(CommonOptions.Open(request.GetValue(images)!), ProposalStore.Load(boxes), boxes, leftOut.Add), null);
            using var interruption = new Interruption();
            using var console = new ConsoleProgress();
            using (training)
            using (validation)
            {
                TrainingResult result = new FinetuneJob(
                    new FinetuneRequest
                    {
                        Images = training,
                        Validation = validation,
                        Output = path,
                        Recipe = asked,
                        Weights = start,
                        Parts = request.GetValue(transfer),
                        Strict = request.GetValue(strict),
                        Partial = request.GetValue(partial),
                        LeftOut = leftOut,
                        Processes = ProcessGroup.Current,
                        Command = TypedCommand.Text,
                    }
                ).Run(console, interruption.Token);
                if (result.Outcome == TrainingOutcome.Interrupted)
                {
                    return TypedCommand.GoOnWith(interruption);
                }

                Console.WriteLine(
                    boxes is null
                        ? $"Next: soco predict path/to/images --weights {ShellCommand.Quoted(path)} --out found"
                        : $"Next: soco finetune --annotations LABELS --weights {ShellCommand.Quoted(path)} --out detector"
                );
                return 0;
            }
        });
        return command;
    }

    /// <summary>Labels have their images; proposals need some, and nothing of labels.</summary>
    private static void RefuseMixture(string[] images, string? proposals, LabelledData data, ParseResult request)
    {
        if (proposals is null && images.Length > 0)
        {
            throw new SocoRequestException(
                $"{images[0]} is no option of this command: name labels with --annotations, or the images of --proposals."
            );
        }

        if (proposals is null && !data.IsGiven(request))
        {
            throw new SocoRequestException(
                "Nothing to learn from was named: give labels with --annotations, or --proposals with their images."
            );
        }

        if (proposals is not null && data.FirstGiven(request) is { } labelOption)
        {
            throw new SocoRequestException(
                $"--proposals stand in for labels, so {labelOption} has no place beside them: learn from the proposals first, then from labels with --weights."
            );
        }

        if (proposals is not null && images.Length == 0)
        {
            throw new SocoRequestException(
                $"--proposals {proposals} need their images: name the files or folders that they were made from."
            );
        }
    }
}
