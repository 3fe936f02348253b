using System.CommandLine;
using Soco.Training;

namespace Soco.Cli;

/// <summary>The recipe and the flags that change it, shared by the commands that make views or train.</summary>
internal sealed class RecipeFlags
{
    private readonly Option<string?> _recipe = new("--recipe")
    {
        Description = $"A recipe by name ({string.Join(", ", Recipe.NamesOf<PretrainingRecipe>())}) or a YAML file. Default: small.",
        HelpName = "NAME|FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Override any key of the recipe, such as optimizer.base_lr=0.5. May be given again.",
        HelpName = "key=value",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private readonly (Option<string?> Option, string Key)[] _flags =
    [
        (new("--method") { Description = "soco, soco-star, soco-c4 or byol.", HelpName = "NAME" }, "method"),
        (new("--arch") { Description = "resnet18, resnet34, resnet50 or resnet101.", HelpName = "NAME" }, "arch"),
        (new("--epochs") { Description = "Passes over the images.", HelpName = "N" }, "epochs"),
        (new("--batch") { Description = "Images of one optimiser step.", HelpName = "N" }, "batch"),
        (new("--view-size") { Description = "Side of the first two views in pixels; the smaller views follow in proportion.", HelpName = "N" }, "views.size"),
        (new("--precision") { Description = "fp32 or bf16.", HelpName = "NAME" }, "precision"),
        (new("--assignment") { Description = "sparse (each box on its own level) or dense (the published code).", HelpName = "NAME" }, "assignment"),
        (new("--seed") { Description = "Seed of every random choice.", HelpName = "N" }, "seed"),
        (new("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" }, "threads"),
    ];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_recipe);
        foreach ((Option<string?> option, _) in _flags)
        {
            command.Options.Add(option);
        }

        command.Options.Add(_set);
    }

    /// <summary>The recipe that was asked for; flags go before the recipe, <c>--set</c> before both.</summary>
    /// <param name="request">The parsed command.</param>
    /// <param name="fallback">The recipe where none is named: a name or a file.</param>
    public PretrainingRecipe Load(ParseResult request, string fallback)
    {
        string source = request.GetValue(_recipe) ?? fallback;
        List<string> overrides = [.. _flags.Where(flag => request.GetValue(flag.Option) is not null).Select(flag => $"{flag.Key}={request.GetValue(flag.Option)}")];
        if (overrides.Any(given => given.StartsWith("views.size=", StringComparison.Ordinal)))
        {
            PretrainingRecipe plain = Recipe.Load<PretrainingRecipe>(source);
            int side = Recipe.Load<PretrainingRecipe>(source, overrides).Views.Size;
            overrides.Add($"views.view3_size={plain.Views.View3Size * side / plain.Views.Size}");
            overrides.Add($"views.view4_size={plain.Views.View4Size * side / plain.Views.Size}");
        }

        return Recipe.Load<PretrainingRecipe>(source, overrides.Concat(request.GetValue(_set)!));
    }
}
