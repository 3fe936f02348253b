using System.CommandLine;
using System.CommandLine.Completions;
using Soco.Recipes;

namespace Soco.Cli.Options;

/// <summary>The recipe and the flags that change it.</summary>
/// <typeparam name="T">The kind of recipe.</typeparam>
/// <param name="flags">Flags of this kind alone, each with the key that it sets.</param>
internal abstract class RecipeFlags<T>(params (Option<string?> Option, string Key)[] flags)
    where T : Recipe, new()
{
    private const string Default = "small";

    private static readonly Lazy<T> s_default = new(() => Recipe.Load<T>(Default));

    private readonly Option<string?> _recipe = new("--recipe")
    {
        Description =
            $"A recipe by name ({string.Join(", ", Recipe.NamesOf<T>())}) or a YAML file. The defaults of other options are those of {Default}.",
        HelpName = "NAME|FILE",
        DefaultValueFactory = _ => Default,
        CompletionSources = { _ => Recipe.NamesOf<T>().Select(name => new CompletionItem(name)) },
    };

    private readonly Option<string[]> _set = CommonOptions.Set(
        "Override any key of the recipe, such as optimizer.base_lr=0.5. May be given again."
    );

    private readonly (Option<string?> Option, string Key)[] _flags =
    [
        .. flags,
        (new("--arch") { Description = "resnet18, resnet34, resnet50 or resnet101.", HelpName = "NAME" }, "arch"),
        (new("--batch") { Description = "Images of one optimizer step.", HelpName = "N" }, "batch"),
        (new("--precision") { Description = "auto, fp32 or bf16.", HelpName = "NAME" }, "precision"),
        (new("--seed") { Description = "Seed of every random choice.", HelpName = "N" }, "seed"),
        (new("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" }, "threads"),
    ];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_recipe);
        foreach ((Option<string?> option, string key) in _flags)
        {
            option.DefaultValueFactory = _ => s_default.Value.ValueOf(key);
            command.Options.Add(option);
        }

        command.Options.Add(_set);
    }

    /// <summary>The recipe that was asked for; flags go before the recipe, <c>--set</c> before both.</summary>
    /// <param name="request">The parsed command.</param>
    /// <param name="run">The recipe of the run that goes on; null for a new run.</param>
    /// <param name="given">Overrides that flags go before.</param>
    public T Load(ParseResult request, string? run = null, IEnumerable<string>? given = null)
    {
        string source = IsGiven(request, _recipe) || run is null ? request.GetValue(_recipe)! : run;
        List<string> overrides = [.. given ?? []];
        T plain = Recipe.Load<T>(source, overrides);
        HashSet<string> keys = [];
        foreach ((Option<string?> option, string key) in _flags.Where(flag => IsGiven(request, flag.Option)))
        {
            overrides.Add($"{key}={request.GetValue(option)}");
            keys.Add(key);
        }

        IEnumerable<string> following = Following(keys, plain, Recipe.Load<T>(source, overrides));
        overrides.AddRange(run is not null && Recipe.Open(run) is T begun ? AsBegun(following, keys, begun) : following);
        return Recipe.Load<T>(source, overrides.Concat(request.GetValue(_set)!));
    }

    /// <summary>A run that resumes, perhaps a longer one, keeps the values that followed from its flags when it began.</summary>
    private static IEnumerable<string> AsBegun(IEnumerable<string> following, IReadOnlySet<string> keys, T begun) =>
        from key in following.Select(change => change.Split('=')[0])
        where !keys.Contains(key)
        select $"{key}={begun.ValueOf(key)}";

    private static bool IsGiven(ParseResult request, Option option) => request.GetResult(option) is { Implicit: false };

    /// <summary>What else changes with the flags, as overrides.</summary>
    /// <param name="keys">The keys that flags set.</param>
    /// <param name="plain">The recipe without the flags.</param>
    /// <param name="asked">The recipe with them.</param>
    protected abstract IEnumerable<string> Following(IReadOnlySet<string> keys, T plain, T asked);
}

/// <summary>The flags of the commands that make views or pretrain.</summary>
internal sealed class PretrainFlags()
    : RecipeFlags<PretrainingRecipe>(
        (new("--method") { Description = "soco, soco-star, soco-c4 or byol.", HelpName = "NAME" }, "method"),
        (new("--epochs") { Description = "Passes over the images.", HelpName = "N" }, "epochs"),
        (
            new("--view-size")
            {
                Description = "Side of the first two views in pixels; the smaller views follow in proportion.",
                HelpName = "N",
            },
            "views.size"
        ),
        (
            new("--assignment") { Description = "sparse (each box on its own level) or dense (the published code).", HelpName = "NAME" },
            "assignment"
        )
    )
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Following(IReadOnlySet<string> keys, PretrainingRecipe plain, PretrainingRecipe asked)
    {
        if (keys.Contains("views.size"))
        {
            yield return $"views.view3_size={plain.Views.View3Size * asked.Views.Size / plain.Views.Size}";
            yield return $"views.view4_size={plain.Views.View4Size * asked.Views.Size / plain.Views.Size}";
        }
    }
}

/// <summary>The flags of fine-tuning.</summary>
internal sealed class FinetuneFlags()
    : RecipeFlags<DetectionRecipe>(
        (new("--method") { Description = "mask-rcnn-fpn or mask-rcnn-c4.", HelpName = "NAME" }, "method"),
        (
            new("--iterations")
            {
                Description =
                    "Optimizer steps; warm-up and evaluations follow. Without it another --batch sees as many images as the recipe.",
                HelpName = "N",
            },
            "iterations"
        ),
        (
            new("--early-stop")
            {
                Description = "End the run after N evaluations in a row without a better AP on the validation images; 0: go to its end.",
                HelpName = "N",
            },
            "evaluation.patience"
        ),
        (
            new("--keep-best") { Description = "Keep the detectors of the N best evaluations, in the run's folder best.", HelpName = "N" },
            "evaluation.keep_best"
        )
    )
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Following(IReadOnlySet<string> keys, DetectionRecipe plain, DetectionRecipe asked)
    {
        // The linear rule (Goyal et al., 2017): the rate follows the batch in the recipe itself, and the steps follow it here.
        double longer = keys.Contains("iterations") ? (double)asked.Iterations / plain.Iterations : (double)plain.Batch / asked.Batch;
        if (longer == 1)
        {
            yield break;
        }

        yield return $"iterations={Times(plain.Iterations)}";
        yield return $"optimizer.warmup_steps={(longer < 1 || !keys.Contains("iterations") ? Times(plain.Optimizer.WarmupSteps) : plain.Optimizer.WarmupSteps)}";
        yield return $"evaluation.every_steps={Times(plain.Evaluation.EverySteps)}";
        yield return $"checkpoint_every_steps={Times(plain.CheckpointEverySteps)}";

        int Times(int steps) => steps == 0 ? 0 : Math.Max(1, (int)Math.Round(steps * longer));
    }
}
