using Soco.Detection.Model;
using Soco.Optimization;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;

namespace Soco.Tests.Recipes;

public sealed class DetectionRecipeTests
{
    [Fact]
    public void The_schedules_of_the_published_detectors_and_a_small_one_come_along() =>
        Assert.Equal(
            ["mask-rcnn-c4-1x", "mask-rcnn-c4-2x", "mask-rcnn-fpn-1x", "mask-rcnn-fpn-2x", "nano", "small"],
            Recipe.NamesOf<DetectionRecipe>()
        );

    [Theory]
    [InlineData("mask-rcnn-fpn-1x", DetectionMethod.MaskRcnnFpn, 90000, 60000, 80000)]
    [InlineData("mask-rcnn-fpn-2x", DetectionMethod.MaskRcnnFpn, 180000, 120000, 160000)]
    [InlineData("mask-rcnn-c4-1x", DetectionMethod.MaskRcnnC4, 90000, 60000, 80000)]
    [InlineData("mask-rcnn-c4-2x", DetectionMethod.MaskRcnnC4, 180000, 120000, 160000)]
    public void A_schedule_warms_up_and_falls_where_the_published_one_does(
        string name,
        DetectionMethod method,
        int iterations,
        int first,
        int second
    )
    {
        DetectionRecipe recipe = Recipe.Load<DetectionRecipe>(name);
        double Rate(long step) => Schedules.SteppedLearningRate(step, recipe.Iterations, recipe.Optimizer, recipe.PeakLr);

        Assert.Equal((method, Backbone.Resnet50, iterations, 16), (recipe.Method, recipe.Arch, recipe.Iterations, recipe.Batch));
        Assert.Equal(0.02 * 0.001, Rate(0), 1e-12);
        Assert.Equal(0.02 * (0.001 * 0.5 + 0.5), Rate(500), 1e-12);
        Assert.Equal(
            [0.02, 0.02, 0.002, 0.002, 0.0002],
            new[] { 1000, first - 1, first, second - 1, second }.Select(step => Math.Round(Rate(step), 12))
        );
        Assert.Equal(2.5e-5, recipe.Optimizer.WeightDecay);
        Assert.Equal(
            (new Interval(640, 800), 32, 800, 1333),
            (recipe.Input.ShortSide, recipe.Input.ShortSideStep, recipe.Input.TestShortSide, recipe.Input.LongSide)
        );
    }

    [Fact]
    public void The_learning_rate_follows_the_batch() =>
        Assert.Equal(0.0025, Recipe.Load<DetectionRecipe>("mask-rcnn-fpn-1x", ["batch=2"]).PeakLr, 1e-12);

    [Fact]
    public void The_small_detector_has_the_widths_of_the_small_pretraining()
    {
        DetectionRecipe detector = Recipe.Load<DetectionRecipe>("small");
        PretrainingRecipe pretraining = Recipe.Load<PretrainingRecipe>("small");

        Assert.Equal(
            (pretraining.Arch, pretraining.Model.FpnChannels, pretraining.Model.HeadChannels, pretraining.Model.HeadFc),
            (detector.Arch, detector.Model.FpnChannels, detector.Model.HeadChannels, detector.Model.HeadFc)
        );
    }

    [Fact]
    public void Every_recipe_reads_back_equal_and_says_what_it_is() =>
        Assert.All(
            Recipe.NamesOf<DetectionRecipe>(),
            name =>
            {
                DetectionRecipe recipe = Recipe.Load<DetectionRecipe>(name);

                Assert.Equal(recipe, Recipe.Parse<DetectionRecipe>(recipe.ToYaml()));
                Assert.True(BuiltInRecipes.TryRead(RecipeKind.Of(typeof(DetectionRecipe)), name, out string? text));
                Assert.StartsWith("# ", text, StringComparison.Ordinal);
            }
        );

    [Fact]
    public void A_recipe_becomes_the_detector_that_it_asks_for()
    {
        MaskRcnnOptions options = MaskRcnnOptions.Of(
            Recipe.Load<DetectionRecipe>("small", ["model.heads=box-and-mask", "model.frozen_stages=2", "precision=bf16"]),
            3
        );

        Assert.Equal(
            (DetectorVariant.Fpn, "resnet18", 3, true, 64, 64, 256, 2, true, 128),
            (
                options.Variant,
                options.Arch,
                options.Classes,
                options.WithMasks,
                options.FpnChannels,
                options.HeadChannels,
                options.HeadFc,
                options.FrozenStages,
                options.Bfloat16,
                options.Roi.SamplesPerImage
            )
        );
        Assert.Equal([16, 32, 64, 128, 256], options.Rpn.AnchorSizes);
        Assert.Equal(
            MaskRcnnOptions.C4.Rpn.TrainPreNms,
            MaskRcnnOptions.Of(Recipe.Load<DetectionRecipe>("mask-rcnn-c4-1x"), 80).Rpn.TrainPreNms
        );
    }

    [Theory]
    [InlineData(
        "method: soco",
        "mine.yaml is a recipe of `soco pretrain`, and `soco finetune` needs one of its own, such as mask-rcnn-c4-1x."
    )]
    [InlineData("method: mask-rcnn", "mine.yaml, line 1: method is \"mask-rcnn\" but needs one of mask-rcnn-fpn, mask-rcnn-c4.")]
    [InlineData("input:\n  shortside: 3", "mine.yaml, line 2: there is no key \"input.shortside\"; the nearest is \"input.short_side\".")]
    [InlineData(
        "input:\n  short_side: [800, 640]",
        "mine.yaml, line 2: input.short_side is [800, 640] but needs two numbers [low, high] in rising order, each from 32 to 8192."
    )]
    [InlineData(
        "batch: 16\nmicro_batch: 5",
        "mine.yaml, line 2: micro_batch is 5 but must divide batch, 16, or be 0 for the whole batch at once."
    )]
    public void A_mistake_is_one_sentence(string yaml, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<SocoRequestException>(() => Recipe.Parse<DetectionRecipe>(yaml, "mine.yaml")).Message);

    [Fact]
    public void A_run_folder_tells_of_which_kind_its_recipe_is()
    {
        using var temporary = new TemporaryFolder();
        RunFolder folder = RunFolder.Create(temporary.File("run"));
        DetectionRecipe detection = Recipe.Load<DetectionRecipe>("small", ["seed=4"]);
        folder.WriteRecipe(detection);
        Assert.Equal(detection, folder.ReadRecipe());
        Assert.Equal(["kind: finetune -> pretrain"], detection.DifferencesTo(new PretrainingRecipe()));

        folder.WriteRecipe(new PretrainingRecipe());
        Assert.IsType<PretrainingRecipe>(folder.ReadRecipe());
        Assert.StartsWith(
            $"{folder.RecipePath} is a recipe of `soco pretrain`, and `soco finetune` needs one of its own",
            Assert.Throws<SocoRequestException>(() => Recipe.Load<DetectionRecipe>(folder.RecipePath)).Message,
            StringComparison.Ordinal
        );
    }
}
