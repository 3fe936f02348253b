using System.Text.RegularExpressions;
using Soco.Recipes;
using Soco.Vision;
using Soco.Weights;
using YamlDotNet.RepresentationModel;

namespace Soco.Comparison;

/// <summary>From YAML to a comparison, with every mistake found before anything is computed.</summary>
internal static partial class ComparisonReader
{
    /// <summary>The recipes' key that only the list of seeds sets.</summary>
    public const string Seed = "seed";

    private const string DefaultRecipe = "small";
    private const string RecipeName = "recipe";
    private const string Pretrained = "pretrained";
    private const string Transfer = "transfer";
    private const string Finetuning = "finetuning";
    private const string Alignment = "alignment";
    private const string Align = "align";
    private const string Weights = "weights";

    public static ComparisonConfig Read(string yaml, string source, IReadOnlyList<string> overrides)
    {
        YamlMappingNode node =
            RecipeReader.ParseYaml(yaml, source) as YamlMappingNode
            ?? throw new SocoRequestException($"{source}: a comparison is a list of \"key: value\" lines, and this is not.");
        foreach (string given in overrides)
        {
            Override(node, given);
        }

        YamlSection root = new YamlSection(
            node,
            overrides.Count == 0 ? source : $"{source} with --set {string.Join(" --set ", overrides)}"
        ).Allow(
            "data",
            "budgets",
            "budgets_per_class",
            "seeds",
            "pretraining",
            Finetuning,
            Alignment,
            "arms",
            "baseline",
            "keep_checkpoints"
        );

        ComparisonData data = DataOf(root.Section("data") ?? throw root.Wrong("data", "scenes, or unlabelled, labelled and test images"));
        int[] budgets = [.. root.Numbers("budgets", 1, int.MaxValue).Order().Select(budget => (int)budget)];
        bool perClass = root.Flag("budgets_per_class") ?? false;
        if (!perClass && data.Scenes is { } scenes && budgets[^1] > scenes.Labelled)
        {
            throw root.Wrong("budgets", $"numbers up to data.scenes.labelled, {scenes.Labelled}");
        }

        (RecipeReader reader, PretrainingRecipe pretraining) = RecipeOf<PretrainingRecipe>(root.Section("pretraining"));
        (RecipeReader finetuningReader, DetectionRecipe finetuning) = RecipeOf<DetectionRecipe>(root.Section(Finetuning));
        YamlSection arms = root.Section("arms") is { Keys.Count: > 0 } some
            ? some
            : throw root.Wrong("arms", "at least one name with its keys below it");
        var config = new ComparisonConfig
        {
            Data = data,
            Budgets = budgets,
            BudgetsPerClass = perClass,
            Seeds = root.Numbers("seeds", 0, long.MaxValue),
            Pretraining = pretraining,
            Finetuning = finetuning,
            Alignment = AlignmentOf(root.Section(Alignment), finetuningReader),
            Arms = [.. arms.Keys.Select(name => ArmOf(name, arms, reader, finetuningReader))],
            KeepCheckpoints = root.Flag("keep_checkpoints") ?? false,
        };
        foreach (ComparisonArm arm in config.Arms)
        {
            CheckArm(arm, arms.Section(arm.Name)!, config);
        }

        return config with
        {
            Baseline = BaselineOf(root, config),
        };
    }

    /// <summary>Sets a value as deep as lists of keys go; what is left of its path is a key with dots.</summary>
    private static void Override(YamlMappingNode node, string given)
    {
        string[] parts = given.Split('=', 2);
        string[] path = parts[0].Trim().Split('.');
        if (parts.Length < 2 || path.Contains(""))
        {
            throw new SocoRequestException($"--set {given}: an override is written key=value, such as finetuning.iterations=300.");
        }

        int depth = 0;
        while (depth < path.Length - 1 && node.Children.TryGetValue(path[depth], out YamlNode? below) && below is YamlMappingNode section)
        {
            (node, depth) = (section, depth + 1);
        }

        YamlNode value = RecipeReader.ParseYaml(parts[1], $"--set {given}") ?? new YamlScalarNode("");
        if (depth == 0 && path.Length > 1)
        {
            (value, path) = (new YamlMappingNode(new YamlScalarNode(string.Join('.', path[1..])), value), path[..1]);
        }

        node.Children[string.Join('.', path[depth..])] = value;
    }

    private static ComparisonData DataOf(YamlSection data)
    {
        if (data.Section("scenes") is { } scenes)
        {
            data.Allow("scenes");
            var splits = scenes.Bind<SceneSplits>();
            splits.Options.Check();
            return new ComparisonData { Scenes = splits };
        }

        data.Allow("scenes", "unlabelled", "labelled", "validation", "test");
        return new ComparisonData
        {
            Unlabelled = FilesOf("unlabelled", needsLabels: false) ?? throw data.Wrong("unlabelled", "the images to pretrain on"),
            Labelled = FilesOf("labelled", needsLabels: true) ?? throw data.Wrong("labelled", "the labelled images to learn from"),
            Validation = FilesOf("validation", needsLabels: true),
            Test = FilesOf("test", needsLabels: true) ?? throw data.Wrong("test", "the labelled images to measure on"),
        };

        DataFiles? FilesOf(string name, bool needsLabels)
        {
            if (data.Section(name)?.Allow("images", "annotations", "split") is not { } files)
            {
                return null;
            }

            var found = new DataFiles(files.Texts("images"), files.Text("annotations"), files.Text("split"));
            return found.Annotations is null && (needsLabels || found.Images.Count == 0)
                ? throw files.Wrong(
                    "annotations",
                    needsLabels
                        ? "labels, such as a COCO JSON or a PASCAL VOC folder"
                        : "labels, such as a COCO JSON or a PASCAL VOC folder, or else images a path"
                )
                : found;
        }
    }

    private static (RecipeReader Reader, T Recipe) RecipeOf<T>(YamlSection? section)
        where T : Recipe
    {
        var reader = new RecipeReader(RecipeKind.Of(typeof(T)));
        reader.AddFrom(section?.Text(RecipeName) ?? DefaultRecipe);
        if (section is not null)
        {
            RefuseSeed(section);
            section.AddTo(reader, but: RecipeName);
        }

        return (reader, (T)reader.Bind());
    }

    /// <summary>The common fine-tuning with what is said of alignment: proposals are boxes.</summary>
    private static DetectionRecipe AlignmentOf(YamlSection? changes, RecipeReader finetuning)
    {
        RecipeReader reader = finetuning.Copy();
        if (changes is not null)
        {
            RefuseSeed(changes);
            changes.AddTo(reader);
        }

        var recipe = (DetectionRecipe)reader.Bind();
        return recipe with { Model = recipe.Model with { Heads = DetectorHeads.Box } };
    }

    private static ComparisonArm ArmOf(string name, YamlSection arms, RecipeReader pretraining, RecipeReader finetuning)
    {
        YamlSection keys = arms.Section(name)!;
        if (!Name().IsMatch(name))
        {
            throw arms.Wrong(name, "another name: letters, digits, - and _ become folder names");
        }

        RefuseSeed(keys);
        bool own = keys.Keys.Except([Pretrained, Weights, Transfer, Finetuning, Align]).Any();
        if (own && keys.Has(Pretrained))
        {
            throw keys.Wrong(
                Pretrained,
                $"to stand alone or with {Transfer}, {Align} and {Finetuning}: an arm that shares a pretraining has no keys for one of its own"
            );
        }

        if (keys.Has(Weights) && (own || keys.Has(Pretrained)))
        {
            throw keys.Wrong(
                Weights,
                $"to stand alone or with {Transfer}, {Align} and {Finetuning}: an arm starts from a file or from a pretraining, not from both"
            );
        }

        if (!own && !keys.Has(Pretrained) && !keys.Has(Weights) && keys.Has(Transfer))
        {
            throw keys.Wrong(
                Transfer,
                $"a pretraining to transfer: give the arm a method, name another arm with {Pretrained}, or a file with {Weights}"
            );
        }

        PretrainingRecipe? recipe = null;
        if (own)
        {
            RecipeReader reader = pretraining.Copy();
            keys.AddTo(reader, Pretrained, Weights, Transfer, Finetuning, Align);
            recipe = (PretrainingRecipe)reader.Bind();
        }

        DetectionRecipe? tuning = null;
        if (keys.Section(Finetuning) is { } changes)
        {
            RefuseSeed(changes);
            RecipeReader reader = finetuning.Copy();
            changes.AddTo(reader);
            tuning = (DetectionRecipe)reader.Bind();
        }

        return new ComparisonArm(name)
        {
            Pretraining = recipe,
            Pretrained = keys.Text(Pretrained),
            Weights = keys.Text(Weights),
            Align = keys.Flag(Align) ?? false,
            Finetuning = tuning,
            Transfer = keys.Choice<TransferParts>(Transfer) ?? TransferParts.All,
        };
    }

    /// <summary>An arm that shares a pretraining names one, and what is pretrained fits the detector.</summary>
    private static void CheckArm(ComparisonArm arm, YamlSection keys, ComparisonConfig config)
    {
        if (arm.Pretrained is not null && config.PretrainedArmOf(arm)?.Pretraining is null)
        {
            string[] pretrained = [.. config.Arms.Where(other => other.Pretraining is not null).Select(other => other.Name)];
            throw keys.Wrong(
                Pretrained,
                "the name of an arm with a pretraining of its own"
                    + (pretrained.Length > 0 ? $": {string.Join(", ", pretrained)}" : ", and no arm has one: give another arm a method")
            );
        }

        DetectionRecipe finetuning = config.FinetuningOf(arm);
        (DetectionRecipe first, string section) = arm.Align ? (config.Alignment, Alignment) : (finetuning, Finetuning);
        if (config.PretrainedArmOf(arm)?.Pretraining is { } pretraining)
        {
            bool hasPyramid = pretraining.HasLevels && pretraining.Model.Fpn,
                hasHead = pretraining.HasLevels && pretraining.Model.Head;
            Require(
                "the pretraining",
                section,
                ("arch", pretraining.ArchName, first.ArchName, true),
                ("model.width", RecipeValue.Format(pretraining.Model.Width), RecipeValue.Format(first.Model.Width), true),
                ("model.fpn_channels", $"{pretraining.Model.FpnChannels}", $"{first.Model.FpnChannels}", hasPyramid),
                ("model.head_channels", $"{pretraining.Model.HeadChannels}", $"{first.Model.HeadChannels}", hasHead),
                ("model.head_fc", $"{pretraining.Model.HeadFc}", $"{first.Model.HeadFc}", hasHead)
            );
        }

        if (arm.Align)
        {
            Require(
                "the alignment",
                Finetuning,
                [
                    .. from key in new[] { "method", "arch", "model.width", "model.fpn_channels", "model.head_channels", "model.head_fc" }
                    from change in first.ChangesTo(finetuning)
                    where change.Key.Path == key
                    select (key, change.Here, change.There, true),
                ]
            );
        }

        void Require(string before, string after, params (string Key, string Here, string There, bool Matters)[] shapes)
        {
            if (Array.Find(shapes, shape => shape.Matters && shape.Here != shape.There) is { Key: not null } other)
            {
                throw new SocoRequestException(
                    $"{keys.Where}: {other.Key} is {other.Here} in {before} of {arm.Name} and {other.There} in {after}, where its weights would not fit; make them equal."
                );
            }
        }
    }

    private static string? BaselineOf(YamlSection root, ComparisonConfig config)
    {
        string? named = root.Text("baseline");
        return named is null ? config.Arms.FirstOrDefault(arm => config.PretrainedArmOf(arm) is null && arm.Weights is null)?.Name
            : config.Arms.Any(arm => arm.Name == named) ? named
            : throw root.Wrong("baseline", $"the name of an arm: {string.Join(", ", config.Arms.Select(arm => arm.Name))}");
    }

    private static void RefuseSeed(YamlSection section)
    {
        if (section.Has(Seed))
        {
            throw section.Wrong(Seed, "to be left out: the list of seeds at the top sets it");
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex Name();
}
