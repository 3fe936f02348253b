using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Soco.Recipes;
using Soco.Vision;

namespace Soco.Comparison;

/// <summary>
/// Everything that a comparison is told: data, budgets, seeds, arms, and the two recipes that are the same for all of them.
/// </summary>
public sealed partial record ComparisonConfig
{
    /// <summary>What is learned from and measured on.</summary>
    public required ComparisonData Data { get; init; }

    /// <summary>Numbers of labelled images, or of labels a class, rising.</summary>
    public required IReadOnlyList<int> Budgets { get; init; }

    /// <summary>Whether a budget is so many objects of each class, in as many images as that takes.</summary>
    public bool BudgetsPerClass { get; init; }

    /// <summary>Seeds, in the order in which they are run.</summary>
    public required IReadOnlyList<long> Seeds { get; init; }

    /// <summary>What the pretrainings of all arms have in common.</summary>
    public required PretrainingRecipe Pretraining { get; init; }

    /// <summary>The fine-tuning of every arm that has no other, without seed.</summary>
    public required DetectionRecipe Finetuning { get; init; }

    /// <summary>How detectors of aligned arms learn proposals, without seed.</summary>
    public required DetectionRecipe Alignment { get; init; }

    /// <summary>The rows of the table, in its order.</summary>
    public required IReadOnlyList<ComparisonArm> Arms { get; init; }

    /// <summary>The arm that the differences are taken to; null: none.</summary>
    public string? Baseline { get; init; }

    /// <summary>Whether finished runs keep the checkpoints that they could be resumed from.</summary>
    public bool KeepCheckpoints { get; init; }

    /// <summary>The cells in the order in which they are run: a whole table of one seed after the other.</summary>
    public IReadOnlyList<ComparisonCell> Cells =>
        [.. from seed in Seeds from arm in Arms from budget in Budgets select new ComparisonCell(arm, budget, seed)];

    /// <summary>Reads a file, then applies <c>key=value</c> overrides in order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Dotted keys with YAML values, such as <c>finetuning.iterations=300</c>.</param>
    /// <exception cref="SocoRequestException">
    /// It cannot be read, has an unknown key, a wrong type, or parts that do not go together.
    /// </exception>
    public static ComparisonConfig Load(string path, IReadOnlyList<string>? overrides = null) =>
        Parse(RecipeReader.TextOf(path, "configuration"), path, overrides);

    /// <summary>Reads a configuration from YAML text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What error sentences call it.</param>
    /// <param name="overrides">Dotted keys with YAML values, such as <c>finetuning.iterations=300</c>.</param>
    /// <exception cref="SocoRequestException">It has an unknown key, a wrong type, or parts that do not go together.</exception>
    public static ComparisonConfig Parse(string yaml, string source = "configuration", IReadOnlyList<string>? overrides = null) =>
        ComparisonReader.Read(yaml, source, overrides ?? []);

    /// <summary>The arm whose pretraining an arm starts from: itself, another, or null for none.</summary>
    public ComparisonArm? PretrainedArmOf(ComparisonArm arm) =>
        arm.Pretraining is not null ? arm : Arms.FirstOrDefault(other => other.Name == arm.Pretrained);

    /// <summary>The fine-tuning of an arm, without seed.</summary>
    public DetectionRecipe FinetuningOf(ComparisonArm arm) => arm.Finetuning ?? Finetuning;

    /// <summary>All values as YAML; <see cref="Parse"/> gives an equal configuration back.</summary>
    public string ToYaml()
    {
        var text = new StringBuilder();
        text.Append($"budgets: [{string.Join(", ", Budgets)}]\n");
        text.Append($"budgets_per_class: {RecipeValue.Format(BudgetsPerClass)}\n");
        text.Append($"seeds: [{string.Join(", ", Seeds)}]\n");
        text.Append(Baseline is null ? "" : $"baseline: {Baseline}\n");
        text.Append($"keep_checkpoints: {RecipeValue.Format(KeepCheckpoints)}\n\ndata:\n");
        if (Data.Scenes is { } scenes)
        {
            text.Append("  scenes:\n");
            foreach (RecipeKey key in RecipeKey.Walk(typeof(SceneSplits)))
            {
                text.Append($"    {key.Name}: {RecipeValue.Format(key.Get(scenes))}\n");
            }
        }

        foreach (
            (string name, DataFiles? files) in new[]
            {
                ("unlabelled", Data.Unlabelled),
                ("labelled", Data.Labelled),
                ("validation", Data.Validation),
                ("test", Data.Test),
            }
        )
        {
            if (files is not null)
            {
                text.Append($"  {name}:\n");
                text.Append(files.Images.Count == 0 ? "" : $"    images: [{string.Join(", ", files.Images.Select(Quoted))}]\n");
                text.Append(files.Annotations is null ? "" : $"    annotations: {Quoted(files.Annotations)}\n");
                text.Append(files.Split is null ? "" : $"    split: {Quoted(files.Split)}\n");
            }
        }

        Append(text, "pretraining", Pretraining);
        Append(text, "finetuning", Finetuning);
        if (Arms.Any(arm => arm.Align))
        {
            Append(text, "alignment", Alignment);
        }

        text.Append("\narms:\n");
        foreach (ComparisonArm arm in Arms)
        {
            string[] keys =
            [
                .. arm.Pretrained is null ? [] : new[] { $"pretrained: {arm.Pretrained}" },
                .. arm.Weights is null ? [] : new[] { $"weights: {Quoted(arm.Weights)}" },
                .. PretrainedArmOf(arm) is null && arm.Weights is null ? [] : new[] { $"transfer: {RecipeValue.Format(arm.Transfer)}" },
                .. arm.Pretraining is null ? [] : KeysOf(arm.Pretraining),
                .. arm.Align ? new[] { "align: true" } : [],
                .. arm.Finetuning is null
                    ? []
                    : new[]
                    {
                        $"finetuning: {{{string.Join(", ", Finetuning.ChangesTo(arm.Finetuning).Select(change => $"{change.Key.Path}: {change.There}"))}}}",
                    },
            ];
            text.Append($"  {arm.Name}: {{{string.Join(", ", keys)}}}\n");
        }

        return text.ToString();
    }

    /// <summary>The same as JSON.</summary>
    public JsonNode? ToJson() => ComparisonText.ToJson(ToYaml());

    /// <summary>
    /// What keeps a comparison that was begun with this from going on with another configuration, each as <c>key: here -> there</c>. Arms,
    /// seeds and budgets may come in addition; the baseline and what changes nothing that is computed may differ.
    /// </summary>
    public IReadOnlyList<string> DifferencesTo(ComparisonConfig later)
    {
        Dictionary<string, string> here = ComparisonText.Values(ToYaml()),
            there = ComparisonText.Values(later.ToYaml());
        return
        [
            .. Budgets.Except(later.Budgets).Select(budget => $"budgets: {budget} is gone"),
            .. Seeds.Except(later.Seeds).Select(seed => $"seeds: {seed} is gone"),
            .. Arms.Select(arm => arm.Name).Except(later.Arms.Select(arm => arm.Name)).Select(name => $"arms.{name} is gone"),
            .. from key in here.Keys.Union(there.Keys)
            where IsFixed(key) && here.GetValueOrDefault(key) != there.GetValueOrDefault(key)
            select $"{key}: {here.GetValueOrDefault(key, "none")} -> {there.GetValueOrDefault(key, "none")}",
        ];

        bool IsFixed(string key) =>
            key.Split('.', 2) switch
            {
                ["data", _] or ["budgets_per_class"] => true,
                ["pretraining" or "finetuning", string inner] => !Recipe.IsFree(inner),
                ["alignment", string inner] => !Recipe.IsFree(inner) && here.ContainsKey(key) && there.ContainsKey(key),
                ["arms", string inner] => Arms.Concat(later.Arms).Count(arm => arm.Name == inner.Split('.')[0]) == 2,
                _ => false,
            };
    }

    private static void Append(StringBuilder text, string name, Recipe recipe)
    {
        text.Append($"\n{name}:\n");
        foreach (
            string line in recipe
                .ToYaml()
                .Split('\n')
                .Where(line => line.Length > 0 && !line.StartsWith(ComparisonReader.Seed + ":", StringComparison.Ordinal))
        )
        {
            text.Append("  ").Append(line).Append('\n');
        }
    }

    private IEnumerable<string> KeysOf(PretrainingRecipe own) =>
        Pretraining
            .ChangesTo(own)
            .Select(change => $"{change.Key.Path}: {change.There}")
            .Prepend($"method: {RecipeValue.Format(own.Method)}")
            .Distinct();

    private static string Quoted(string text) => Plain().IsMatch(text) ? text : JsonSerializer.Serialize(text);

    [GeneratedRegex("^[A-Za-z0-9./_][A-Za-z0-9./_-]*$")]
    private static partial Regex Plain();
}
