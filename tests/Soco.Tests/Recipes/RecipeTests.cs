using System.Globalization;
using CsCheck;
using Soco.Recipes;
using Soco.Vision;

namespace Soco.Tests.Recipes;

public sealed class RecipeTests
{
    [Fact]
    public void The_recipes_of_the_paper_and_the_small_one_come_along() =>
        Assert.Equal(
            ["byol-100", "nano", "small", "soco-c4-100", "soco-c4-400", "soco-fpn-100", "soco-fpn-400", "soco-star-400"],
            Recipe.NamesOf<PretrainingRecipe>()
        );

    [Theory]
    [InlineData("soco-fpn-100", PretrainingMethod.Soco, 100, 0.5, true, true, false)]
    [InlineData("soco-fpn-400", PretrainingMethod.Soco, 400, 0.5, false, true, false)]
    [InlineData("soco-star-400", PretrainingMethod.SocoStar, 400, 0.5, false, true, true)]
    [InlineData("soco-c4-100", PretrainingMethod.SocoC4, 100, 0.6, true, false, false)]
    [InlineData("soco-c4-400", PretrainingMethod.SocoC4, 400, 0.6, true, false, false)]
    [InlineData("byol-100", PretrainingMethod.Byol, 100, 0.5, false, false, false)]
    public void A_recipe_has_the_values_of_its_row_in_the_table(
        string name,
        PretrainingMethod method,
        int epochs,
        double area,
        bool cutout,
        bool view3,
        bool view4
    )
    {
        PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>(name);

        Assert.Equal(
            (method, Backbone.Resnet50, epochs, 2048, 128, NumberFormat.Auto),
            (recipe.Method, recipe.Arch, recipe.Epochs, recipe.Batch, recipe.PassSize, recipe.Precision)
        );
        Assert.Equal((area, cutout, view3, view4), (recipe.Views.CropMinArea, recipe.Cutout.Enabled, recipe.HasView3, recipe.HasView4));
        Assert.Equal(8.0, recipe.PeakLr);
        Assert.Equal(new LevelLimits(48, 96, 192, 224), recipe.LevelLimits);
    }

    [Fact]
    public void Level_limits_follow_the_view_size_unless_the_recipe_sets_them()
    {
        PretrainingRecipe small = Recipe.Load<PretrainingRecipe>("small", ["views.size=112"]);
        PretrainingRecipe given = Recipe.Load<PretrainingRecipe>("small", ["boxes.limits=[10, 20, 30, 40]"]);

        Assert.Equal(new LevelLimits(24, 48, 96, 112), small.LevelLimits);
        Assert.Equal(new LevelLimits(10, 20, 30, 40), given.LevelLimits);
    }

    [Fact]
    public void Overrides_win_over_the_recipe_and_the_last_override_wins()
    {
        PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>(
            "small",
            ["batch=8", "batch=16", "arch=resnet50", "optimizer.base_lr=0.25", "views.crop_aspect=[0.5, 2]", "model.fpn=false", "seed=9"]
        );

        Assert.Equal(
            (16, Backbone.Resnet50, 0.25, new Interval(0.5, 2), false, 9L),
            (recipe.Batch, recipe.Arch, recipe.Optimizer.BaseLr, recipe.Views.CropAspect, recipe.Model.Fpn, recipe.Seed)
        );
        Assert.Equal(128, recipe.Views.Size);
    }

    [Fact]
    public void A_value_for_a_section_is_for_its_kind()
    {
        Assert.Equal(
            ObjectiveKind.Infonce,
            Recipe.Load<PretrainingRecipe>("small", ["objective=infonce", "objective.queue=64"]).Objective.Kind
        );
        Assert.Equal(OptimizerKind.Adamw, Recipe.Parse<PretrainingRecipe>("optimizer: adamw").Optimizer.Kind);
        Assert.Contains(
            "is a section",
            Assert.Throws<SocoRequestException>(() => Recipe.Load<PretrainingRecipe>("small", ["views=3"])).Message
        );
    }

    [Theory]
    [InlineData("views: &a [1, *a]", "refers to another place (*name)")]
    [InlineData("epochs: 3\n? |\n\u0001:\t- [", "this is not YAML")]
    [InlineData("epochs:\n : soco}\n", "is not YAML")]
    public void What_is_no_recipe_is_one_sentence(string yaml, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<SocoRequestException>(() => Recipe.Parse<PretrainingRecipe>(yaml)).Message);

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    [InlineData("- ", "")]
    public void What_is_nested_without_end_is_refused(string open, string close) =>
        Assert.Contains(
            "is nested too deeply",
            Assert
                .Throws<SocoRequestException>(() =>
                    Recipe.Parse<PretrainingRecipe>(
                        "views: \n  " + string.Concat(Enumerable.Repeat(open, 20000)) + string.Concat(Enumerable.Repeat(close, 20000))
                    )
                )
                .Message
        );

    [Fact]
    public void What_is_written_reads_back_equal() =>
        Recipes.Sample(recipe =>
        {
            PretrainingRecipe again = Recipe.Parse<PretrainingRecipe>(recipe.ToYaml());

            Assert.Equal(recipe, again);
            Assert.Empty(recipe.DifferencesTo(again));
        });

    [Fact]
    public void Every_built_in_recipe_reads_back_equal_and_says_what_it_is() =>
        Assert.All(
            Recipe.NamesOf<PretrainingRecipe>(),
            name =>
            {
                PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>(name);

                Assert.Equal(recipe, Recipe.Parse<PretrainingRecipe>(recipe.ToYaml()));
                Assert.True(BuiltInRecipes.TryRead(RecipeKind.Of(typeof(PretrainingRecipe)), name, out string? text));
                Assert.StartsWith("# ", text, StringComparison.Ordinal);
            }
        );

    [Fact]
    public void Differences_are_told_by_key()
    {
        PretrainingRecipe other = Recipe.Load<PretrainingRecipe>("small", ["epochs=7", "color.hue=0.2"]);

        Assert.Equal(["epochs: 100 -> 7", "color.hue: 0.1 -> 0.2"], Recipe.Load<PretrainingRecipe>("small").DifferencesTo(other));
    }

    [Theory]
    [InlineData("views:\n  siez: 128", "mine.yaml, line 2: there is no key \"views.siez\"; the nearest is \"views.size\".")]
    [InlineData("epoch: 3", "mine.yaml, line 1: there is no key \"epoch\"; the nearest is \"epochs\".")]
    [InlineData("method: soco\n\nbase_lr: 3", "mine.yaml, line 3: there is no key \"base_lr\"; the nearest is \"optimizer.base_lr\".")]
    [InlineData("view:\n  size: 3", "mine.yaml, line 1: there is no key \"view\"; the nearest is \"views\".")]
    [InlineData("batch: many", "mine.yaml, line 1: batch is \"many\" but needs a whole number from 1 to 1000000.")]
    [InlineData("batch: 2.5", "mine.yaml, line 1: batch is \"2.5\" but needs a whole number from 1 to 1000000.")]
    [InlineData("batch: 99999999999", "mine.yaml, line 1: batch is \"99999999999\" but needs a whole number from 1 to 1000000.")]
    [InlineData("seed: -1", "mine.yaml, line 1: seed is \"-1\" but must be a whole number from 0 on.")]
    [InlineData("batch: 0", "mine.yaml, line 1: batch is \"0\" but must be a whole number from 1 to 1000000.")]
    [InlineData("batch: [1, 2]", "mine.yaml, line 1: batch is [1, 2] but needs a whole number from 1 to 1000000.")]
    [InlineData("batch:\n  size: 2", "mine.yaml, line 1: batch is a list of keys but needs a whole number from 1 to 1000000.")]
    [InlineData("boxes:\n  jitter_ratio: 1", "mine.yaml, line 2: boxes.jitter_ratio is \"1\" but must be a number from 0 to below 1.")]
    [InlineData(
        "boxes:\n  limits: [3, 2, 1, 0]",
        "mine.yaml, line 2: boxes.limits is [3, 2, 1, 0] but needs four numbers [p2, p3, p4, p5] in rising order, or [] for the default, each above 0 to 1000000."
    )]
    [InlineData(
        "color:\n  blur_sigma: [2, 1]",
        "mine.yaml, line 2: color.blur_sigma is [2, 1] but needs two numbers [low, high] in rising order, each above 0 to 100."
    )]
    [InlineData("ema:\n  momentum: .nan", "mine.yaml, line 2: ema.momentum is \".nan\" but needs a number from 0 to 1.")]
    [InlineData("precision: fp16", "mine.yaml, line 1: precision is \"fp16\" but needs one of auto, fp32, bf16.")]
    [InlineData("method: SocoStar", "mine.yaml, line 1: method is \"SocoStar\" but needs one of soco, soco-star, soco-c4, byol.")]
    [InlineData("cutout:\n  enabled: yes", "mine.yaml, line 2: cutout.enabled is \"yes\" but needs true or false.")]
    [InlineData("views: 224", "mine.yaml, line 1: views is a section and needs its keys indented below it.")]
    [InlineData("- a", "mine.yaml, line 1: a recipe is a list of \"key: value\" lines, and this is not.")]
    [InlineData(
        "batch: 10\nmicro_batch: 4",
        "mine.yaml, line 2: micro_batch is 4 but must divide batch, 10, or be 0 for the whole batch at once."
    )]
    public void A_mistake_in_a_file_is_one_sentence_with_file_line_key_and_mend(string yaml, string sentence)
    {
        var error = Assert.Throws<SocoRequestException>(() => Recipe.Parse<PretrainingRecipe>(yaml, "mine.yaml"));

        Assert.Equal(sentence, error.Message);
    }

    [Theory]
    [InlineData("batch", "--set batch: an override is written key=value, such as views.size=128.")]
    [InlineData("=3", "--set =3: an override is written key=value, such as views.size=128.")]
    [InlineData("batch=", "--set batch=: batch is \"\" but needs a whole number from 1 to 1000000.")]
    [InlineData("views=3", "--set views=3: views is a section; name one of its keys, such as views.size.")]
    [InlineData("veiws.size=3", "--set veiws.size=3: there is no key \"veiws.size\"; the nearest is \"views.size\".")]
    [InlineData("views.size=3", "--set views.size=3: views.size is \"3\" but must be a whole number from 32 to 2048.")]
    public void A_mistake_in_an_override_names_the_override(string given, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<SocoRequestException>(() => Recipe.Load<PretrainingRecipe>("small", [given])).Message);

    [Theory]
    [InlineData("batch: 1\nbatch: 2")]
    [InlineData("a: [1")]
    [InlineData("a: *nowhere")]
    public void What_is_not_YAML_is_said_with_its_line(string yaml) =>
        Assert.StartsWith(
            "mine.yaml, line ",
            Assert.Throws<SocoRequestException>(() => Recipe.Parse<PretrainingRecipe>(yaml, "mine.yaml")).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void An_empty_recipe_is_the_defaults() =>
        Assert.Equal(new PretrainingRecipe(), Recipe.Parse<PretrainingRecipe>("# nothing\nviews:\n"));

    [Fact]
    public void An_unknown_recipe_name_lists_the_valid_ones()
    {
        string message = Assert.Throws<SocoRequestException>(() => Recipe.Load<PretrainingRecipe>("soco-fnp-100")).Message;

        Assert.Equal(
            "There is no recipe \"soco-fnp-100\"; name a YAML file that exists or one of "
                + "byol-100, nano, small, soco-c4-100, soco-c4-400, soco-fpn-100, soco-fpn-400, soco-star-400.",
            message
        );
    }

    [Fact]
    public void A_recipe_is_read_from_a_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("mine.yaml");
        File.WriteAllText(path, "epochs: 3\nviews: {size: 96}\n");

        PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>(path, ["epochs=4"]);

        Assert.Equal((4, 96), (recipe.Epochs, recipe.Views.Size));
    }

    // Every key gets a value of its own, so a key that is not written or not read cannot hide.
    private static Gen<PretrainingRecipe> Recipes { get; } =
        RecipeKind
            .Of(typeof(PretrainingRecipe))
            .Keys.Aggregate(
                Gen.Const(new List<string>()),
                (lines, key) =>
                    Gen.Select(lines, Values(key), (List<string> known, string value) => new List<string>(known) { $"{key.Path}={value}" })
            )
            .Select(overrides => Recipe.Load<PretrainingRecipe>("small", [.. overrides, "micro_batch=0"]));

    private static Gen<string> Values(RecipeKey key)
    {
        double low = Convert.ToDouble(key.Range?.Minimum ?? 0, CultureInfo.InvariantCulture);
        double high = Convert.ToDouble(key.Range?.Maximum ?? 0, CultureInfo.InvariantCulture);
        Gen<double> real = Gen.Double[low, high].Select(x => x == high || x == low ? (low + high) / 2 : x);
        static string Text(double x) => x.ToString("R", CultureInfo.InvariantCulture);
        return key.Type switch
        {
            var type when type == typeof(bool) => Gen.Bool.Select(x => x ? "true" : "false"),
            var type when type == typeof(int) => Gen.Int[(int)low, (int)high].Select(x => x.ToString(CultureInfo.InvariantCulture)),
            var type when type == typeof(long) => Gen.Long[0, long.MaxValue].Select(x => x.ToString(CultureInfo.InvariantCulture)),
            var type when type == typeof(double) => real.Select(Text),
            { IsEnum: true } type => Gen.Int[0, Enum.GetValues(type).Length - 1]
                .Select(i => RecipeValue.Format(Enum.GetValues(type).GetValue(i))),
            var type when type == typeof(LevelLimits?) => Gen.OneOf(
                Gen.Const("[]"),
                real.Array[4].Select(x => $"[{string.Join(", ", x.Order().Select(Text))}]")
            ),
            _ => real.Array[2].Select(x => $"[{string.Join(", ", x.Order().Select(Text))}]"),
        };
    }
}
