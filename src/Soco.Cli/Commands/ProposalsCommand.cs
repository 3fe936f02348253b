using System.CommandLine;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Jobs;
using Soco.Vision;
using Soco.Vision.Proposals;
using Soco.Vision.Sources;

namespace Soco.Cli.Commands;

/// <summary><c>soco proposals IMAGES --out DIR|FILE.json</c>: object-like boxes for every image.</summary>
internal static class ProposalsCommand
{
    public static Command Create()
    {
        Argument<string[]> images = CommonOptions.Images();
        Option<string> output = CommonOptions.Out("A folder of Parquet parts, or a .json file in the authors' format.", "DIR|FILE.json");
        var strategy = new Option<string>("--strategy")
        {
            Description = "soco (selective search) or random (the ablation's boxes).",
            DefaultValueFactory = _ => "soco",
        };
        strategy.AcceptOnlyFromAmong("soco", "random");
        var format = new Option<string?>("--format") { Description = "parquet or json. Default: the name of --out decides." };
        format.AcceptOnlyFromAmong("parquet", "json");
        var jobs = new Option<int>("--jobs") { Description = "Images at a time; 0 is one for each core.", HelpName = "N" };
        var keepAll = new Option<bool>("--keep-all") { Description = "Keep every box: no rules of size and shape." };
        var minSide = new Option<int>("--min-side")
        {
            Description = "Least width and height of a kept box, pixels.",
            HelpName = "PIXELS",
            DefaultValueFactory = _ => ProposalFilter.Published.LeastSide,
        };
        var minSize = new Option<double>("--min-size")
        {
            Description =
                "Least size of a kept box, as a share of the image: square root of the ratio of the areas. Lower it where objects are small.",
            HelpName = "SHARE",
            DefaultValueFactory = _ => ProposalFilter.Published.LeastSizeRatio,
        };
        var maxSize = new Option<double>("--max-size")
        {
            Description = "Greatest size of a kept box, likewise.",
            HelpName = "SHARE",
            DefaultValueFactory = _ => ProposalFilter.Published.GreatestSizeRatio,
        };
        var maxSide = new Option<int>("--max-side")
        {
            Description =
                "Search images with a longer side at this many pixels, and scale the boxes back; 0 searches every image as it is.",
            HelpName = "PIXELS",
            DefaultValueFactory = _ => SelectiveSearchStrategy.DefaultMaxSide,
        };
        var perImage = new Option<int>("--per-image")
        {
            Description = "Boxes of each image of the random strategy.",
            HelpName = "K",
            DefaultValueFactory = _ => 4,
        };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the random strategy.", HelpName = "N" };
        var command = new Command("proposals", "Find object-like boxes in images (selective search).")
        {
            images,
            output,
            strategy,
            format,
            jobs,
            minSide,
            minSize,
            maxSize,
            maxSide,
            keepAll,
            perImage,
            seed,
            CommonOptions.ProcessesOption,
        };
        command.SetAction(request =>
        {
            string path = request.GetValue(output)!;
            if (request.GetValue(jobs) is var threads && threads < 0)
            {
                throw new SocoRequestException($"--jobs {threads} is not possible: give 1 or more, or 0 for one for each core.");
            }

            if (request.GetValue(format) is { } asked && (asked == "json") != IsJson(path))
            {
                throw new SocoRequestException(
                    $"--format {asked} does not fit --out {path}: the authors' JSON is one file named *.json, Parquet is a folder."
                );
            }

            var filter = new ProposalFilter
            {
                LeastSide = request.GetValue(minSide),
                LeastSizeRatio = request.GetValue(minSize),
                GreatestSizeRatio = request.GetValue(maxSize),
            };
            if (
                filter.LeastSide < 1
                || !(filter.LeastSizeRatio >= 0 && filter.LeastSizeRatio < filter.GreatestSizeRatio && filter.GreatestSizeRatio <= 1)
            )
            {
                throw new SocoRequestException("--min-side is at least 1, and --min-size lies below --max-size, both from 0 to 1.");
            }

            if (request.GetValue(maxSide) is < 0 or (> 0 and < 32))
            {
                throw new SocoRequestException(
                    $"--max-side {request.GetValue(maxSide)} is not possible: give at least 32 pixels, or 0 to search every image as it is."
                );
            }

            using ImageSource source = CommonOptions.Open(request.GetValue(images)!);
            using var interruption = new Interruption();
            ProposalStrategy proposer =
                request.GetValue(strategy) == "random"
                    ? new RandomProposals(request.GetValue(perImage), request.GetValue(seed), filter)
                    : new SelectiveSearchStrategy(filter: filter, keepAll: request.GetValue(keepAll), maxSide: request.GetValue(maxSide));
            using var console = new ConsoleProgress();
            var asking = new ProposalsRequest
            {
                Images = source,
                Strategy = proposer,
                Output = path,
                Jobs = threads,
                Processes = ProcessGroup.Current,
            };
            ProposalRunResult result = new ProposalsJob(asking).Run(console, interruption.Token);
            console.Dispose();
            if (result.Cancelled)
            {
                Console.Error.WriteLine("Interrupted; what is done stays.");
                return TypedCommand.GoOnWith(interruption);
            }

            string before = result.AlreadyThere > 0 ? $", {Plural.Of(result.AlreadyThere, "image")} done before" : "";
            Console.WriteLine(
                $"{Plural.Of(result.Proposed, "image")}, {result.Boxes} boxes ({Plural.Of(result.WithoutBoxes, "image")} without one) in {path}{before}."
            );
            if (result.Skipped > 0)
            {
                Console.WriteLine(
                    $"{Plural.Of(result.Skipped, "image")} could not be used; skipped.csv {(IsJson(path) ? "beside" : "in")} {path} lists them."
                );
            }

            return 0;
        });
        return command;
    }

    private static bool IsJson(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
}
