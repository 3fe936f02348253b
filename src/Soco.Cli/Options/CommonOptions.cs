using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Soco.Cli.Terminal;
using Soco.Vision;
using Soco.Vision.Sources;
using Soco.Weights;

namespace Soco.Cli.Options;

/// <summary>Arguments and options that several commands take.</summary>
internal static class CommonOptions
{
    /// <summary>How many processes carry a command out together; one instance, that the command line looks for.</summary>
    public static Option<int?> ProcessesOption { get; } =
        new(MpiRun.Option)
        {
            Description =
                "Run as N processes on this machine, with the mpirun that is installed. Several machines: mpirun or srun before the command (docs/distributed.md).",
            HelpName = "N",
        };

    /// <summary>The images.</summary>
    public static Argument<string[]> Images() =>
        new("IMAGES")
        {
            Description = "Image files, folders (searched through), a zip or tar of images, or a COCO JSON beside its image folder.",
            Arity = ArgumentArity.OneOrMore,
        };

    /// <summary>Opens the images, and says which folders of runs among them are passed over.</summary>
    public static ImageSource Open(string[] paths)
    {
        ImageSource source = ImageSource.Open(paths);
        foreach (string folder in source.PassedOver)
        {
            Console.Error.WriteLine(
                $"soco: {PlainText.Of(folder)} holds a run or proposals, and its pictures are no images to learn from: it is passed over."
            );
        }

        return source;
    }

    /// <summary>Where results go.</summary>
    /// <param name="what">What is written there.</param>
    /// <param name="name">How the help names the value.</param>
    public static Option<string> Out(string what, string name = "DIR")
    {
        var option = new Option<string>("--out")
        {
            Description = what,
            HelpName = name,
            Required = true,
        };
        option.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
            {
                result.AddError($"--out is empty: name a {(name == "FILE" ? "file" : "folder")}.");
            }
        });
        return option;
    }

    /// <summary>Whether a backbone may be taken of which the file holds a part.</summary>
    public static Option<bool> Partial() =>
        new("--partial")
        {
            Description =
                "Take --weights whose backbone is not whole, or differs in shape; what is missing is initialized randomly. Without it such a file is refused.",
        };

    /// <summary>Whether weights must fit completely.</summary>
    public static Option<bool> Strict() =>
        new("--strict")
        {
            Description = "Fail if anything of --weights is missing, unexpected or misshaped; without it what fits is taken.",
        };

    /// <summary>Refuses weights of which entries are left out, for <c>--strict</c>.</summary>
    /// <param name="weights">The weights; null: there are none to refuse.</param>
    /// <param name="from">The path that was given.</param>
    public static void RefuseLeftOut(WeightsFile? weights, string? from)
    {
        if (weights?.LeftOut is [var leftOut, ..])
        {
            throw new SocoDataException(
                $"{from}: {weights.LeftOut.Count} of its entries are left out, {leftOut.Key} among them: {leftOut.Content}; leave --strict out to go on without."
            );
        }
    }

    /// <summary>Overrides of keys.</summary>
    /// <param name="what">Which keys.</param>
    public static Option<string[]> Set(string what) =>
        new("--set")
        {
            Description = what,
            HelpName = "key=value",
            AllowMultipleArgumentsPerToken = false,
            DefaultValueFactory = _ => [],
        };

    /// <summary>Threads of computation; without it the recipes say.</summary>
    public static Option<int?> Threads()
    {
        var threads = new Option<int?>("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" };
        threads.Validators.Add(result =>
        {
            if (Given(result) is < 0 and var given)
            {
                result.AddError($"--threads {given} is not possible: give 1 or more, or 0 for one for each core.");
            }
        });
        return threads;
    }

    /// <summary>Refuses a number below the least one that makes sense.</summary>
    public static void RequireFrom(Option<int> option, int least) =>
        option.Validators.Add(result =>
        {
            if (Given(result) is { } given && given < least)
            {
                result.AddError($"{option.Name} {given} is not possible: give {least} or more.");
            }
        });

    /// <summary>The number that was typed; null where none was, or something else, which the parser refuses.</summary>
    private static int? Given(OptionResult result) =>
        result.Tokens is [{ Value: var typed }] && int.TryParse(typed, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Proposals made before.</summary>
    public static Option<string?> Proposals() =>
        new("--proposals")
        {
            Description = "Proposals made by `soco proposals`, or in the authors' JSON. Without it they are made first.",
            HelpName = "DIR|FILE",
        };
}
