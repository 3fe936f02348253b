using System.CommandLine;

namespace Soco.Cli;

/// <summary>Arguments and options that several commands take.</summary>
internal static class CommonOptions
{
    /// <summary>The images.</summary>
    public static Argument<string[]> Images() => new("IMAGES")
    {
        Description = "Image files, folders (searched through), a zip or tar of images, or a COCO JSON beside its image folder.",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Where results go.</summary>
    /// <param name="what">What is written there.</param>
    /// <param name="name">How the help names the value.</param>
    public static Option<string> Out(string what, string name = "DIR") => new("--out") { Description = what, HelpName = name, Required = true };

    /// <summary>Proposals made before.</summary>
    public static Option<string?> Proposals() => new("--proposals")
    {
        Description = "Proposals made by `soco proposals`, or in the authors' JSON. Without it they are made first.",
        HelpName = "DIR|FILE",
    };
}
