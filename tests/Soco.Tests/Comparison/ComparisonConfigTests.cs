using Soco.Comparison;
using Soco.Recipes;
using Soco.Vision;
using Soco.Weights;

namespace Soco.Tests.Comparison;

public sealed class ComparisonConfigTests
{
    private const string Whole = """
        data:
          scenes: {unlabelled: 30, labelled: 20, test: 10, width: 96, max_size: 0.5}
        budgets: [8, 4]
        seeds: [3, 1]
        pretraining:
          epochs: 7
          views: {size: 96, view3_size: 48}
          optimizer.base_lr: 2.0
        finetuning: {iterations: 50, model: {heads: box}}
        arms:
          scratch: {}
          byol: {method: byol}
          random: {method: soco, boxes: {strategy: random}}
          soco: {method: soco}
          soco-k1: {boxes.per_image: 1, ema.momentum: 0.9, transfer: head}
          soco-backbone: {pretrained: soco, transfer: backbone}
        """;

    [Fact]
    public void Every_part_is_read()
    {
        ComparisonConfig config = ComparisonConfig.Parse(Whole);

        Assert.Equal(
            (30, 20, 0, 10, 96, 240, 0.5),
            (
                config.Data.Scenes!.Unlabelled,
                config.Data.Scenes.Labelled,
                config.Data.Scenes.Validation,
                config.Data.Scenes.Test,
                config.Data.Scenes.Width,
                config.Data.Scenes.Height,
                config.Data.Scenes.MaxSize
            )
        );
        Assert.Equal([4, 8], config.Budgets);
        Assert.Equal([3, 1], config.Seeds);
        Assert.Equal(
            (7, 96, 2.0, Backbone.Resnet18),
            (config.Pretraining.Epochs, config.Pretraining.Views.Size, config.Pretraining.Optimizer.BaseLr, config.Pretraining.Arch)
        );
        Assert.Equal((50, DetectorHeads.Box), (config.Finetuning.Iterations, config.Finetuning.Model.Heads));
        Assert.Equal(["scratch", "byol", "random", "soco", "soco-k1", "soco-backbone"], config.Arms.Select(arm => arm.Name));
        Assert.Equal("scratch", config.Baseline);

        Assert.Null(config.Arms[0].Pretraining);
        Assert.Null(config.PretrainedArmOf(config.Arms[0]));
        Assert.Equal(PretrainingMethod.Byol, config.Arms[1].Pretraining!.Method);
        Assert.Equal(BoxStrategy.Random, config.Arms[2].Pretraining!.Boxes.Strategy);
        Assert.Equal(
            (1, 0.9, 7),
            (config.Arms[4].Pretraining!.Boxes.PerImage, config.Arms[4].Pretraining!.Ema.Momentum, config.Arms[4].Pretraining!.Epochs)
        );
        Assert.Equal((TransferParts.Head, TransferParts.All), (config.Arms[4].Transfer, config.Arms[3].Transfer));
        Assert.Same(config.Arms[3], config.PretrainedArmOf(config.Arms[5]));
    }

    [Fact]
    public void An_arm_may_have_a_fine_tuning_of_its_own_and_a_class_a_budget()
    {
        ComparisonConfig config = ComparisonConfig.Parse(
            Whole
                .Replace("scratch: {}", "scratch: {finetuning: {iterations: 80, optimizer.base_lr: 0.1}}")
                .Replace("[8, 4]", "[8, 40]\nbudgets_per_class: true")
        );

        Assert.Equal(
            (80, 0.1, DetectorHeads.Box),
            (
                config.FinetuningOf(config.Arms[0]).Iterations,
                config.FinetuningOf(config.Arms[0]).Optimizer.BaseLr,
                config.FinetuningOf(config.Arms[0]).Model.Heads
            )
        );
        Assert.Same(config.Finetuning, config.FinetuningOf(config.Arms[1]));
        Assert.Null(config.Arms[0].Pretraining);
        Assert.True(config.BudgetsPerClass);
        Assert.Equal([8, 40], config.Budgets);
    }

    [Fact]
    public void Aligned_arms_share_a_recipe_of_boxes_that_begins_as_the_fine_tuning()
    {
        ComparisonConfig config = ComparisonConfig.Parse(
            Whole
                .Replace("model: {heads: box}", "model: {heads: box-and-mask}")
                .Replace("transfer: backbone}", "transfer: backbone, align: true}") + "\nalignment: {optimizer.base_lr: 0.3}"
        );

        Assert.Equal(
            (50, 0.3, DetectorHeads.Box),
            (config.Alignment.Iterations, config.Alignment.Optimizer.BaseLr, config.Alignment.Model.Heads)
        );
        Assert.Equal([false, false, false, false, false, true], config.Arms.Select(arm => arm.Align));
        Assert.Null(config.Arms[5].Pretraining);
        Assert.Same(config.Arms[3], config.PretrainedArmOf(config.Arms[5]));
    }

    [Fact]
    public void Cells_run_seed_by_seed_and_share_their_labels_among_arms()
    {
        ComparisonConfig config = ComparisonConfig.Parse(Whole);

        Assert.Equal(6 * 2 * 2, config.Cells.Count);
        Assert.Equal(["scratch-4-seed3", "scratch-8-seed3", "byol-4-seed3"], config.Cells.Take(3).Select(cell => cell.Name));
        Assert.Equal("soco-backbone-8-seed1", config.Cells[^1].Name);
    }

    [Theory]
    [InlineData(Whole)]
    [InlineData(
        """
            data:
              unlabelled: {images: [more images, "a: b/c.zip"]}
              labelled: {annotations: ., split: "2007"}
              validation: {annotations: labels/val.json, images: val}
              test: {annotations: ., split: test}
            budgets: [1]
            seeds: [0]
            baseline: b
            keep_checkpoints: true
            arms: {a: {boxes.limits: [1, 2, 3, 4]}, b: , c: {pretrained: a, finetuning: {iterations: 70, optimizer: {base_lr: 0.01}}}}
            budgets_per_class: true
            """
    )]
    [InlineData(
        """
            data: {scenes: {}}
            budgets: [1]
            seeds: [0]
            alignment: {iterations: 70, optimizer.base_lr: 0.01}
            arms: {a: {method: soco, align: true}, b: {pretrained: a, align: true}, c: {align: true}, d: {}, e: {weights: "dir name/imagenet.pth", transfer: backbone, align: true}}
            """
    )]
    public void What_is_written_reads_back_the_same(string yaml)
    {
        ComparisonConfig config = ComparisonConfig.Parse(yaml);
        ComparisonConfig again = ComparisonConfig.Parse(config.ToYaml());

        Assert.Equal(config.ToYaml(), again.ToYaml());
        Assert.Empty(config.DifferencesTo(again));
        Assert.Equal(config.Data.Unlabelled?.Images ?? [], again.Data.Unlabelled?.Images ?? []);
        Assert.Equal(config.Data.Labelled?.Split, again.Data.Labelled?.Split);
        Assert.Equal(config.Arms.Select(arm => arm.Pretraining), again.Arms.Select(arm => arm.Pretraining));
        Assert.Equal(config.Arms.Select(arm => arm.Finetuning), again.Arms.Select(arm => arm.Finetuning));
        Assert.Equal(
            (config.Alignment, string.Join(' ', config.Arms.Select(arm => arm.Align))),
            (again.Alignment, string.Join(' ', again.Arms.Select(arm => arm.Align)))
        );
        Assert.Equal(config.Arms.Select(arm => (arm.Weights, arm.Transfer)), again.Arms.Select(arm => (arm.Weights, arm.Transfer)));
        Assert.Equal(
            (config.Baseline, config.KeepCheckpoints, config.BudgetsPerClass),
            (again.Baseline, again.KeepCheckpoints, again.BudgetsPerClass)
        );
    }

    [Theory]
    [InlineData("soco: {method: soco}", "soco: {method: soco}\n  soco-fpn: {pretrained: soco, transfer: fpn}")]
    [InlineData("soco: {method: soco}", "soco: {method: soco}\n  aligned: {pretrained: soco, align: true}")]
    [InlineData("[3, 1]", "[1, 2, 3]")]
    [InlineData("[8, 4]", "[4, 8, 20]")]
    [InlineData("epochs: 7", "epochs: 7\n  threads: 2")]
    [InlineData("seeds: [3, 1]", "seeds: [3, 1]\nbaseline: byol\nkeep_checkpoints: true")]
    public void A_matrix_may_grow(string part, string other) =>
        Assert.Empty(ComparisonConfig.Parse(Whole).DifferencesTo(ComparisonConfig.Parse(Whole.Replace(part, other))));

    [Theory]
    [InlineData("epochs: 7", "epochs: 8", "pretraining.epochs: 7 -> 8")]
    [InlineData("iterations: 50", "iterations: 60", "finetuning.iterations: 50 -> 60")]
    [InlineData("test: 10", "test: 11", "data.scenes.test: 10 -> 11")]
    [InlineData("[8, 4]", "[8]", "budgets: 4 is gone")]
    [InlineData("[3, 1]", "[1]", "seeds: 3 is gone")]
    [InlineData("  byol: {method: byol}\n", "", "arms.byol is gone")]
    [InlineData("per_image: 1", "per_image: 2", "arms.soco-k1.boxes.per_image: 1 -> 2")]
    [InlineData("transfer: backbone", "transfer: fpn", "arms.soco-backbone.transfer: backbone -> fpn")]
    [InlineData("scratch: {}", "scratch: {finetuning: {iterations: 60}}", "arms.scratch.finetuning.iterations: none -> 60")]
    [InlineData("[8, 4]", "[8, 4]\nbudgets_per_class: true", "budgets_per_class: false -> true")]
    [InlineData("byol: {method: byol}", "byol: {}", "arms.byol.method: byol -> none")]
    [InlineData("transfer: backbone", "align: true", "arms.soco-backbone.align: none -> true")]
    public void What_was_begun_does_not_change(string part, string other, string difference) =>
        Assert.Contains(difference, ComparisonConfig.Parse(Whole).DifferencesTo(ComparisonConfig.Parse(Whole.Replace(part, other))));

    [Theory]
    [InlineData("arms:", "arm:", "line 10: there is no key \"arm\"; the nearest is \"arms\".")]
    [InlineData("width: 96", "wide: 96", "there is no key \"data.scenes.wide\"; the nearest is \"data.scenes.width\".")]
    [InlineData("width: 96", "width: 9", "data.scenes.width is \"9\" but must be a whole number from 32 to 8192.")]
    [InlineData("epochs: 7", "epoch: 7", "there is no key \"epoch\"; the nearest is \"epochs\".")]
    [InlineData("epochs: 7", "seed: 7", "pretraining.seed is \"7\" but needs to be left out")]
    [InlineData("epochs: 7", "recipe: large", "There is no recipe \"large\"")]
    [InlineData("iterations: 50", "iterations: some", "iterations is \"some\" but needs a whole number")]
    [InlineData("boxes.per_image: 1", "boxes.per_img: 1", "the nearest is \"boxes.per_image\".")]
    [InlineData("[8, 4]", "[8, 40]", "budgets is [8, 40] but needs numbers up to data.scenes.labelled, 20.")]
    [InlineData("[8, 4]", "[8, 8]", "budgets is [8, 8] but needs a list of different whole numbers")]
    [InlineData("[3, 1]", "3", "seeds is \"3\" but needs a list of different whole numbers")]
    [InlineData(
        "transfer: backbone",
        "transfer: neck",
        "arms.soco-backbone.transfer is \"neck\" but needs one of backbone, fpn, head, all."
    )]
    [InlineData(
        "pretrained: soco,",
        "pretrained: scratch,",
        "arms.soco-backbone.pretrained is \"scratch\" but needs the name of an arm with a pretraining of its own: byol, random, soco, soco-k1."
    )]
    [InlineData("scratch: {}", "scratch: {transfer: fpn}", "arms.scratch.transfer is \"fpn\" but needs a pretraining to transfer")]
    [InlineData("{pretrained: soco, ", "{pretrained: soco, method: soco, ", "needs to stand alone")]
    [InlineData("byol: {method: byol}", "by/ol: {method: byol}", "needs another name")]
    [InlineData("seeds: [3, 1]", "seeds: [3, 1]\nbaseline: none", "baseline is \"none\" but needs the name of an arm: scratch,")]
    [InlineData("scratch: {}", "scratch: {finetuning: {seed: 1}}", "arms.scratch.finetuning.seed is \"1\" but needs to be left out")]
    [InlineData(
        "transfer: backbone",
        "finetuning: {model.width: 0.5}",
        "model.width is 1.0 in the pretraining of soco-backbone and 0.5 in finetuning"
    )]
    [InlineData(
        "transfer: backbone}",
        "align: true}\nalignment: {model.width: 0.5}",
        "model.width is 1.0 in the pretraining of soco-backbone and 0.5 in alignment"
    )]
    [InlineData(
        "scratch: {}",
        "scratch: {align: true, finetuning: {model.head_fc: 64}}",
        "model.head_fc is 256 in the alignment of scratch and 64 in finetuning"
    )]
    [InlineData("transfer: backbone", "weights: a.pth", "arms.soco-backbone.weights is \"a.pth\" but needs to stand alone")]
    [InlineData("byol: {method: byol}", "byol: {method: byol, weights: a.pth}", "arms.byol.weights is \"a.pth\" but needs to stand alone")]
    [InlineData("scratch: {}", "scratch: {align: yes}", "arms.scratch.align is \"yes\" but needs true or false")]
    [InlineData("[8, 4]", "[8, 4]\nalignment: {seed: 1}", "alignment.seed is \"1\" but needs to be left out")]
    [InlineData("heads: box", "fpn_channels: 32", "model.fpn_channels is 64 in the pretraining of random and 32 in finetuning")]
    [InlineData("  scenes:", "  images: [a]\n  scenes:", "there is no key \"data.images\"")]
    [InlineData(
        "  scenes: {unlabelled: 30, labelled: 20, test: 10, width: 96, max_size: 0.5}",
        "  unlabelled: {images: a}",
        "data.labelled is not there but needs the labelled images"
    )]
    [InlineData(
        "  scenes: {unlabelled: 30, labelled: 20, test: 10, width: 96, max_size: 0.5}",
        "  unlabelled: {split: a}",
        "data.unlabelled.annotations is not there but needs labels, such as a COCO JSON"
    )]
    public void A_mistake_is_one_sentence_that_names_it(string part, string wrong, string sentence)
    {
        var error = Assert.Throws<SocoRequestException>(() => ComparisonConfig.Parse(Whole.Replace(part, wrong)));

        Assert.Contains(sentence, error.Message);
    }

    [Fact]
    public void A_pretraining_to_share_where_there_is_none_is_one_sentence()
    {
        var error = Assert.Throws<SocoRequestException>(() =>
            ComparisonConfig.Parse(
                "data:\n  scenes: {unlabelled: 8, labelled: 4, test: 3}\nbudgets: [2]\nseeds: [1]\narms:\n  scratch: {}\n  other: {pretrained: scratch}\n"
            )
        );

        Assert.EndsWith(
            "the name of an arm with a pretraining of its own, and no arm has one: give another arm a method.",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Overrides_win_however_deep_they_are()
    {
        ComparisonConfig config = ComparisonConfig.Parse(
            Whole,
            "whole",
            [
                "data.scenes.test=5",
                "pretraining.views.size=64",
                "pretraining.model.fpn_channels=8",
                "pretraining.optimizer.base_lr=3",
                "finetuning.model.fpn_channels=8",
                "seeds=[9]",
                "arms.new={method: soco-star}",
                "arms.byol.epochs=2",
            ]
        );

        Assert.Equal(
            (5, 64, 8, 3.0, 50),
            (
                config.Data.Scenes!.Test,
                config.Pretraining.Views.Size,
                config.Finetuning.Model.FpnChannels,
                config.Pretraining.Optimizer.BaseLr,
                config.Finetuning.Iterations
            )
        );
        Assert.Equal([9], config.Seeds);
        Assert.Equal(PretrainingMethod.SocoStar, config.Arms[^1].Pretraining!.Method);
        Assert.Equal(2, config.Arms[1].Pretraining!.Epochs);

        // A section that the file has not.
        Assert.Equal(
            7,
            ComparisonConfig
                .Parse("{data: {scenes: {labelled: 3}}, budgets: [1], seeds: [1], arms: {a: }}", "short", ["finetuning.iterations=7"])
                .Finetuning.Iterations
        );
        Assert.Contains(
            "whole with --set budgets=[21], line ",
            Assert.Throws<SocoRequestException>(() => ComparisonConfig.Parse(Whole, "whole", ["budgets=[21]"])).Message
        );
        Assert.StartsWith(
            "--set budgets: an override is written key=value",
            Assert.Throws<SocoRequestException>(() => ComparisonConfig.Parse(Whole, "whole", ["budgets"])).Message
        );
    }

    [Fact]
    public void Image_level_pretraining_need_not_fit_pyramid_and_head()
    {
        string byol = Whole[..Whole.IndexOf("  random", StringComparison.Ordinal)].Replace("heads: box", "fpn_channels: 32");

        Assert.Equal(32, ComparisonConfig.Parse(byol).Finetuning.Model.FpnChannels);
    }

    [Theory]
    [InlineData("scenes.yaml")]
    [InlineData("scenes-nano.yaml")]
    [InlineData("bccd.yaml")]
    [InlineData("demo.yaml")]
    [InlineData("fod-tiles.yaml")]
    [InlineData("neu-det.yaml")]
    public void The_studies_can_be_read(string name)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !Directory.Exists(Path.Combine(folder, "benchmarks", "studies")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        Assert.Equal("scratch", ComparisonConfig.Load(Path.Combine(folder!, "benchmarks", "studies", name)).Baseline);
    }
}
