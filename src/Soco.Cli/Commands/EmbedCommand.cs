using System.CommandLine;
using System.Globalization;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Embedding;
using Soco.Jobs;
using Soco.Vision;
using Soco.Vision.Sources;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco embed IMAGES --weights RUN|FILE --out FILE</c>: vectors, and neighbors, near-duplicates and a subset to label.
/// </summary>
internal static class EmbedCommand
{
    public static Command Create()
    {
        Argument<string[]> images = CommonOptions.Images();
        var weights = new Option<string?>("--weights")
        {
            Description = "A run of `soco pretrain` or `soco finetune`, or a file of weights of any kind that Soco reads.",
            HelpName = "RUN|FILE",
        };
        var vectors = new Option<string?>("--vectors")
        {
            Description = "In place of --weights: vectors of these images that were made before.",
            HelpName = "FILE.parquet",
        };
        var output = new Option<string?>("--out")
        {
            Description =
                "The file of vectors, .parquet or .npy (with their names in a .json beside it); other results are named after it. Default: that of --vectors.",
            HelpName = "FILE",
        };
        var proposals = new Option<string?>("--proposals")
        {
            Description = "Vectors of the boxes of `soco proposals`, or of the authors' JSON, in place of images.",
            HelpName = "DIR|FILE",
        };
        var annotations = new Option<string?>("--annotations")
        {
            Description =
                "Vectors of labelled boxes: a COCO JSON, a PASCAL VOC folder, the data.yaml of a YOLO data set, a folder of LabelMe's JSON, or an XML of CVAT.",
            HelpName = "FILE|DIR",
        };
        var nearest = new Option<int>("--nearest")
        {
            Description = "Draw queries and their K nearest neighbors: FILE-nearest.png.",
            HelpName = "K",
        };
        var queries = new Option<string[]>("--query")
        {
            Description =
                "An image to find the neighbors of, one of IMAGES or another file. May be given again. Default: eight, evenly spaced.",
            HelpName = "PATH",
            AllowMultipleArgumentsPerToken = false,
        };
        var duplicates = new Option<double?>("--duplicates")
        {
            Description =
                $"List images whose vectors have at least this cosine, and which to keep: FILE-duplicates.csv. Without a value: {NearDuplicates.DefaultThreshold.ToString(CultureInfo.InvariantCulture)}.",
            HelpName = "COSINE",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var select = new Option<int>("--select")
        {
            Description = "List N images to label first, the next always the one least like those before it: FILE-selected.txt.",
            HelpName = "N",
        };
        var size = new Option<int>("--size")
        {
            Description = "Side of the square that images are resized to, pixels. Default: the view size of the run, or 224 for a file.",
            HelpName = "N",
        };
        Option<int?> threads = CommonOptions.Threads();
        var command = new Command(
            "embed",
            "Write the vectors of images or boxes; find neighbors, near-duplicates, and a subset to label first."
        )
        {
            images,
            weights,
            output,
            vectors,
            proposals,
            annotations,
            nearest,
            queries,
            duplicates,
            select,
            size,
            threads,
        };
        CommonOptions.RequireFrom(nearest, 1);
        CommonOptions.RequireFrom(select, 1);
        CommonOptions.RequireFrom(size, 32);
        command.SetAction(request =>
        {
            string path =
                request.GetValue(output)
                ?? request.GetValue(vectors)
                ?? throw new SocoRequestException("--out is missing: name a file for the vectors, .parquet or .npy.");
            using ImageSource source = CommonOptions.Open(request.GetValue(images)!);
            using var interruption = new Interruption();
            using var console = new ConsoleProgress();
            EmbedResult result;
            try
            {
                result = new EmbedJob(
                    new EmbedRequest
                    {
                        Images = source,
                        Weights = request.GetValue(weights),
                        Vectors = request.GetValue(vectors),
                        Output = path,
                        Proposals = request.GetValue(proposals),
                        Annotations = request.GetValue(annotations),
                        Size = request.GetValue(size),
                        Threads = request.GetValue(threads) ?? 0,
                        Nearest = request.GetValue(nearest),
                        Queries = request.GetValue(queries) ?? [],
                        Duplicates = request.GetResult(duplicates) is null
                            ? null
                            : request.GetValue(duplicates) ?? NearDuplicates.DefaultThreshold,
                        Select = request.GetValue(select),
                    }
                ).Run(console, interruption.Token);
            }
            catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
            {
                Console.Error.WriteLine("Interrupted; files that were not finished are not there.");
                return interruption.ExitCode;
            }

            console.Dispose();
            Print(result);
            return 0;
        });
        return command;
    }

    private static void Print(EmbedResult result)
    {
        string rate = result.Seconds > 0 ? FormattableString.Invariant($", {result.Images / result.Seconds:0.0} images/s") : "";
        string what = result.Origin.Stage == "C5" ? "image" : "box";
        Console.WriteLine(
            $"Vectors of {(what == "box" ? $"{result.Vectors} boxes in {Plural.Of(result.Images, "image")}" : Plural.Of(result.Vectors, what))}: {PlainText.Of(result.Path)} "
                + $"({result.Dimensions} numbers each, {result.Origin.Stage} of {result.Origin.Architecture} at {result.Origin.Side} pixels{rate})"
        );
        if (result.SheetPath is { } sheet)
        {
            Console.WriteLine($"Nearest neighbors: {PlainText.Of(sheet)}");
        }

        if (result.DuplicatesPath is { } table)
        {
            int members = result.Duplicates.Sum(group => group.Members.Count),
                kept = result.Duplicates.Sum(group => group.Kept.Count);
            Console.WriteLine(
                $"Near-duplicates: {Plural.Of(members, "image")} in {Plural.Of(result.Duplicates.Count, "group")}, of which {members - kept} could go: {PlainText.Of(table)}"
            );
        }

        if (result.Selection is { } selection)
        {
            double cosine = 1 - selection.Radii[^1] * selection.Radii[^1] / 2;
            Console.WriteLine(
                FormattableString.Invariant(
                    $"To label first: {Plural.Of(selection.Images.Count, "image")}; every {what} has a cosine of {cosine:0.000} or more to one of these: {PlainText.Of(result.SelectionPath!)}"
                )
            );
        }
    }
}
