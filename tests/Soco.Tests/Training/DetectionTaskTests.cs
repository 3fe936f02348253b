using System.Text.Json;
using Soco.Detection.Data;
using Soco.Detection.Inference;
using Soco.Detection.Model;
using Soco.Models;
using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Tests.Data;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;
using Soco.Weights;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Tests.Training;

[Collection(Alone.Name)]
public sealed class DetectionTaskTests : IDisposable
{
    private static readonly DetectionRecipe s_recipe = new()
    {
        Arch = Backbone.Resnet18,
        Iterations = 4,
        Batch = 2,
        Threads = 2,
        Device = ComputeDevice.Cpu,
        Input = new()
        {
            ShortSide = new(64, 96),
            TestShortSide = 64,
            LongSide = 128,
        },
        Model = new()
        {
            Heads = DetectorHeads.BoxAndMask,
            FpnChannels = 8,
            HeadChannels = 8,
            HeadFc = 16,
            SmallestAnchor = 8,
            RegionsPerImage = 32,
        },
        Optimizer = new() { WarmupSteps = 2 },
        Evaluation = new() { EverySteps = 2, PreciseNormBatches = 2 },
        Logging = new() { EverySteps = 1 },
    };

    private readonly TemporaryFolder _temporary = new();
    private readonly LabelledImages _images = ToyLabels.Scenes(6);
    private readonly LabelledImages _validation = ToyLabels.Scenes(3, seed: 9);

    public void Dispose() => _temporary.Dispose();

    public static TheoryData<string, DetectionRecipe, int> Interrupted() =>
        new()
        {
            { "after an evaluation", s_recipe, 2 },
            { "between evaluations", s_recipe, 3 },
            {
                "with passes and averaged weights",
                s_recipe with
                {
                    MicroBatch = 1,
                    Ema = new() { Enabled = true },
                },
                3
            },
            {
                "in bfloat16 with limited gradients",
                s_recipe with
                {
                    Precision = NumberFormat.Bf16,
                    Optimizer = new() { MaxGradientNorm = 0.5, DecayNorms = false },
                },
                1
            },
            {
                "with boxes alone and frozen norms",
                s_recipe with
                {
                    Model = s_recipe.Model with { Heads = DetectorHeads.Box, BackboneNorm = BackboneNorm.Frozen, FrozenStages = 2 },
                },
                3
            },
        };

    [Theory]
    [MemberData(nameof(Interrupted), DisableDiscoveryEnumeration = true)]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_same_bits_as_one_that_was_not(
        string when,
        DetectionRecipe recipe,
        int stopAfter
    )
    {
        RunFolder whole = Folder("whole"),
            halves = Folder("halves");
        Assert.Equal(TrainingOutcome.Completed, Train(recipe, whole));

        Assert.Equal(TrainingOutcome.Stopped, Train(recipe, halves, stopAfter));
        Assert.Equal(TrainingOutcome.Completed, Train(recipe, halves));

        AssertSameBits(whole.FindLast()!, halves.FindLast()!, when);
        AssertSameBits(whole.WeightsPath, halves.WeightsPath, when);
        AssertSameBits(whole.LastWeightsPath, halves.LastWeightsPath, when);
        Assert.Equal(Logged(whole), Logged(halves));
        Assert.Equal(StateOf(whole), StateOf(halves));
    }

    [Fact]
    public void Evaluations_leave_the_training_as_it_is()
    {
        DetectionRecipe averaged = s_recipe with { Ema = new() { Enabled = true } };
        RunFolder often = Folder("often"),
            once = Folder("once");
        Train(averaged with { Evaluation = new() { EverySteps = 1 } }, often);
        Train(averaged with { Evaluation = new() { EverySteps = 0 } }, once);

        AssertSameBits(often.FindLast()!, once.FindLast()!, "with other evaluations");
        AssertSameBits(often.LastWeightsPath, once.LastWeightsPath, "with other evaluations");
    }

    [Fact]
    public void A_run_that_is_interrupted_while_it_evaluates_makes_up_for_it()
    {
        // The second of three images cannot be read; whoever is told of it interrupts, while the evaluation has one to go.
        using LabelledImages broken = ToyLabels.Scenes(3, 9, unreadable: [1]);
        RunFolder whole = Folder("whole"),
            halves = Folder("halves");
        using (var trainer = new Trainer(new DetectionTask(s_recipe, _images, broken, _ => { }), whole))
        {
            trainer.Run(null, _ => { }, CancellationToken.None);
        }

        using (var interruption = new CancellationTokenSource())
        using (var trainer = new Trainer(new DetectionTask(s_recipe, _images, broken, _ => interruption.Cancel()), halves))
        {
            Assert.Equal(TrainingOutcome.Interrupted, trainer.Run(null, _ => { }, interruption.Token));
            Assert.Equal((2L, false), (trainer.Step, trainer.IsEvaluated));
            Assert.False(File.Exists(halves.WeightsPath));
        }

        using (var trainer = new Trainer(new DetectionTask(s_recipe, _images, broken, _ => { }), halves))
        {
            Assert.Equal(TrainingOutcome.Completed, trainer.Run(null, _ => { }, CancellationToken.None));
        }

        Assert.Equal(Logged(whole), Logged(halves));
        AssertSameBits(whole.FindLast()!, halves.FindLast()!, "while evaluating");
    }

    [Fact]
    public void The_log_tells_the_losses_of_a_step_and_the_twelve_numbers_of_an_evaluation()
    {
        RunFolder folder = Folder("run");
        Train(s_recipe, folder);
        IReadOnlyList<IReadOnlyDictionary<string, double>> lines = RunLog.Read(folder.LogPath);

        Assert.Equal([1.0, 2, 2, 3, 4, 4], lines.Select(line => line["step"]));
        Assert.Equal(
            [
                "step",
                "epoch",
                "loss",
                "loss_rpn_cls",
                "loss_rpn_loc",
                "loss_cls",
                "loss_box_reg",
                "loss_mask",
                "lr",
                "gradient_norm",
                "images_per_s",
                "data_wait_s",
                "memory_mb",
            ],
            lines[0].Keys
        );
        Assert.Equal(
            [
                "step",
                "ap",
                "ap50",
                "ap75",
                "aps",
                "apm",
                "apl",
                "ar1",
                "ar10",
                "ar100",
                "ars",
                "arm",
                "arl",
                "mask_ap",
                "mask_ap50",
                "mask_ap75",
                "mask_aps",
                "mask_apm",
                "mask_apl",
                "mask_ar1",
                "mask_ar10",
                "mask_ar100",
                "mask_ars",
                "mask_arm",
                "mask_arl",
            ],
            lines[2].Keys
        );
        Assert.All(
            lines.Where(line => line.ContainsKey("loss")),
            line =>
                Assert.Equal(
                    line["loss"],
                    line.Where(value => value.Key.StartsWith("loss_", StringComparison.Ordinal)).Sum(value => value.Value),
                    1e-5
                )
        );
    }

    [Fact]
    public void A_run_ends_when_evaluations_get_no_better_and_stays_ended()
    {
        DetectionRecipe patient = s_recipe with
        {
            Iterations = 20,
            Evaluation = new()
            {
                EverySteps = 1,
                PreciseNormBatches = 1,
                Patience = 2,
            },
        };
        RunFolder folder = Folder("run");
        DetectionTask task = NewTask(patient);
        using (var trainer = new Trainer(task, folder))
        {
            Assert.Equal(TrainingOutcome.Completed, trainer.Run(null, _ => { }, CancellationToken.None));
            Assert.Equal(task.Best!.Value.Step + 2, trainer.Step);
            Assert.InRange(trainer.Step, 3, 19);
        }

        using var again = new Trainer(NewTask(patient), folder);
        Assert.True(again.IsOver);
        using var longer = new Trainer(NewTask(patient with { Evaluation = patient.Evaluation with { Patience = 3 } }), folder);
        Assert.False(longer.IsOver);
    }

    [Fact]
    public void A_rate_factor_of_0_keeps_the_backbone_and_trains_the_rest()
    {
        DetectionTask task = NewTask(s_recipe with { Optimizer = s_recipe.Optimizer with { BackboneRateFactor = 0 } });
        Dictionary<string, float[]> Weights() =>
            task.Detector.TrainableParameters().ToDictionary(p => p.Name, p => p.Parameter.detach().flatten().data<float>().ToArray());
        Dictionary<string, float[]> before = Weights();
        using var trainer = new Trainer(task, Folder("run"));
        trainer.Run(null, _ => { }, CancellationToken.None);
        Dictionary<string, float[]> after = Weights();

        ILookup<bool, bool> same = before.ToLookup(
            entry => entry.Key.StartsWith("backbone.body.", StringComparison.Ordinal),
            entry => entry.Value.AsSpan().SequenceEqual(after[entry.Key])
        );
        Assert.DoesNotContain(false, same[true]);
        Assert.Contains(false, same[false]);
        Assert.NotEmpty(same[true]);
    }

    [Fact]
    public void The_best_detector_is_kept_and_the_last_beside_it()
    {
        RunFolder folder = Folder("run");
        DetectionTask task = NewTask(s_recipe with { Iterations = 6 });
        var scores = new List<(long Step, double Ap)>();
        using var trainer = new Trainer(task, folder);
        trainer.Run(null, _ => { }, CancellationToken.None, (step, figures) => scores.Add((step, figures["ap"])));

        Assert.Equal([2L, 4, 6], scores.Select(score => score.Step));
        (long bestStep, double best) = scores.MaxBy(score => score.Ap);
        Assert.Equal((best, bestStep), task.Best);
        Assert.Equal((best, bestStep), (StateOf(folder).BestScore, StateOf(folder).BestStep));
        Assert.Equal($"{bestStep}", StepOf(folder.WeightsPath));
        Assert.Equal("6", StepOf(folder.LastWeightsPath));

        using JsonDocument evaluation = JsonDocument.Parse(File.ReadAllBytes(folder.EvaluationPath));
        Assert.Equal(bestStep, evaluation.RootElement.GetProperty("step").GetInt64());
        Assert.Equal(best, evaluation.RootElement.GetProperty("bbox").GetProperty("numbers").GetProperty("AP").GetDouble());
        Assert.Equal(_validation.Classes.Count, evaluation.RootElement.GetProperty("segm").GetProperty("categories").GetArrayLength());
        JsonElement errors = evaluation.RootElement.GetProperty("errors");
        Assert.Equal(_validation.Truth.Annotations.Count, errors.GetProperty("found").GetInt32() + errors.GetProperty("missed").GetInt32());
        Assert.Equal(
            best,
            CocoEvaluator.Evaluate(_validation.Truth, CocoResults.Read(folder.DetectionsPath, _validation.Truth).Detections).Ap,
            1e-9
        );
    }

    [Fact]
    public void The_detectors_of_the_best_evaluations_are_kept_whether_or_not_the_run_was_stopped()
    {
        DetectionRecipe recipe = s_recipe with { Iterations = 10, Evaluation = s_recipe.Evaluation with { KeepBest = 3 } };
        var scores = new List<(long Step, double Ap)>();
        RunFolder whole = Folder("run");
        using (var trainer = new Trainer(NewTask(recipe), whole))
        {
            trainer.Run(null, _ => { }, CancellationToken.None, (step, figures) => scores.Add((step, figures["ap"])));
        }

        RunFolder halves = Folder("halves");
        foreach (long? end in new long?[] { 5, null })
        {
            using var trainer = new Trainer(NewTask(recipe), halves);
            trainer.Run(end, _ => { }, CancellationToken.None);
        }

        long[] best = [.. scores.OrderByDescending(score => score.Ap).ThenBy(score => score.Step).Take(3).Select(score => score.Step)];
        Assert.Equal(5, scores.Count);
        Assert.Equal(best.OrderDescending(), whole.BestDetectorSteps());
        Assert.Equal(best.OrderDescending(), halves.BestDetectorSteps());
        Assert.All(best, step => AssertSameBits(whole.BestDetectorPath(step), halves.BestDetectorPath(step), $"step {step}"));
        AssertSameBits(whole.WeightsPath, whole.BestDetectorPath(best[0]), "the best one");
    }

    [Fact]
    public void Without_images_to_evaluate_on_the_weights_are_the_last()
    {
        RunFolder folder = Folder("run");
        using var trainer = new Trainer(new DetectionTask(s_recipe, _images, null, _ => { }), folder);
        trainer.Run(null, _ => { }, CancellationToken.None);

        Assert.Equal("4", StepOf(folder.WeightsPath));
        Assert.False(File.Exists(folder.LastWeightsPath));
        Assert.Equal(4, RunLog.Read(folder.LogPath).Count);
    }

    [Fact]
    public void Written_weights_are_enough_to_detect_with()
    {
        RunFolder folder = Folder("run");
        Train(s_recipe, folder);

        (MaskRcnn detector, DetectionRecipe recipe, IReadOnlyList<Soco.Vision.Annotations.Coco.CocoCategory> classes) =
            DetectorWeights.Open(folder.Root);
        using (detector)
        {
            Assert.Equal(s_recipe, recipe);
            Assert.Equal(
                _images.Classes.Select(category => (category.Id, category.Name)),
                classes.Select(category => (category.Id, category.Name))
            );
            Assert.False(detector.training);
            DetectedImage[] found = [.. new ImageDetector(detector, recipe).Detect(_images.Source, [4, 1], null, _ => { })];
            Assert.Equal([4, 1], found.Select(image => image.Index));
            Assert.All(
                found.SelectMany(image => image.Objects),
                item =>
                {
                    Assert.True(item.Box is { X1: >= 0, Y1: >= 0, X2: <= 96, Y2: <= 72 });
                    Assert.Equal((96, 72), (item.Mask!.Width, item.Mask.Height));
                }
            );
        }
    }

    [Fact]
    public void Files_that_hold_no_detector_are_one_sentence()
    {
        RunFolder fresh = Folder("fresh");
        fresh.WriteRecipe(s_recipe);
        Assert.Contains(
            "holds no detector yet",
            Assert.Throws<SocoRequestException>(() => DetectorWeights.Open(fresh.Root)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "holds no run",
            Assert.Throws<SocoRequestException>(() => DetectorWeights.Open(_temporary.Root)).Message,
            StringComparison.Ordinal
        );

        string file = SavePretrained();
        Assert.EndsWith(
            $"holds no detector that was fine-tuned with Soco: make one of it with `soco finetune --weights {file}`.",
            Assert.Throws<SocoDataException>(() => DetectorWeights.Open(file)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Pretrained_parts_are_taken_over_and_tell_the_widths_that_they_need()
    {
        string file = SavePretrained();
        using WeightsFile weights = RunFolder.OpenWeights(file);
        Assert.Equal(
            ["arch=resnet18", "model.width=0.5", "model.fpn_channels=8", "model.head_channels=8", "model.head_fc=16"],
            WeightsWidths.Of(weights).Overrides
        );

        using DetectionTask task = NewTask(
            s_recipe with
            {
                Model = s_recipe.Model with { Width = 0.5 },
                Ema = new() { Enabled = true },
            }
        );
        TransferReport report = task.Take(weights, TransferParts.Head);

        Assert.DoesNotContain(report.Fresh, tensor => tensor.ShapeInFile is not null);
        Assert.Contains(report.Taken, tensor => tensor.Name.StartsWith("roi_heads.box_head", StringComparison.Ordinal));
        using Tensor expected = weights.Read("encoder.layer2.0.conv1.weight");
        Tensor taken = task.Detector.named_parameters().Single(p => p.name == "backbone.body.layer2.0.conv1.weight").parameter;
        Tensor averaged = task.State.Single(t => t.Name == "ema.backbone.body.layer2.0.conv1.weight").Tensor;
        Assert.True(taken.allclose(expected) && averaged.allclose(expected));
    }

    [Fact]
    public void Precise_statistics_are_the_mean_over_the_batches_with_the_weights_as_they_are()
    {
        using DetectionTask task = NewTask(s_recipe with { Model = s_recipe.Model with { Heads = DetectorHeads.Box } });
        var loader = new DetectionLoader((DetectionRecipe)task.Recipe, _images, _ => { });
        Tensor Mean() => task.Detector.named_buffers().Single(b => b.name == "backbone.body.bn1.running_mean").buffer;
        var each = new List<float[]>();
        foreach (DetectionBatch batch in loader.Batches(0, 3))
        {
            Assert.True(PreciseNorms.Measure(task.Detector, [batch], 0, 0, () => false));
            each.Add([.. Mean().data<float>()]);
        }

        PreciseNorms.Measure(task.Detector, loader.Batches(0, 3), 0, 0, () => false);

        float[] all = [.. Mean().data<float>()];
        Assert.All(Enumerable.Range(0, all.Length), i => Assert.Equal(each.Average(one => one[i]), all[i], 1e-4));
        Assert.All(task.Detector.modules().OfType<BatchNorm>(), norm => Assert.Equal(0.1, norm.Momentum));
    }

    [Fact]
    public void Other_labels_than_the_run_began_with_are_refused()
    {
        RunFolder folder = Folder("run");
        Train(s_recipe, folder, 1);

        Assert.Throws<SocoDataException>(() =>
            new Trainer(new DetectionTask(s_recipe, ToyLabels.Scenes(6, seed: 4), _validation, _ => { }), folder)
        );
    }

    [Fact]
    public void The_loss_falls_and_live_tensors_stay_level_over_the_steps()
    {
        DetectionRecipe recipe = s_recipe with
        {
            Iterations = 30,
            MicroBatch = 1,
            Input = s_recipe.Input with { ShortSide = new(64, 64) },
            Optimizer = new() { WarmupSteps = 5, BaseLr = 0.08 },
            Evaluation = new() { EverySteps = 0 },
        };
        var losses = new List<double>();
        var live = new List<long>();
        using var trainer = new Trainer(new DetectionTask(recipe, ToyLabels.Scenes(2), null, _ => { }), Folder("run"));
        trainer.Run(
            null,
            step =>
            {
                losses.Add(step.Loss);
                live.Add(Tensor.TotalCount);
            },
            CancellationToken.None
        );

        Assert.True(losses.TakeLast(5).Average() < 0.7 * losses.Take(3).Average(), string.Join(' ', losses));
        Assert.True(live.TakeLast(10).Min() - live.Skip(2).Take(10).Max() < 30, string.Join(' ', live));
    }

    private static string StepOf(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Metadata["soco.step"];
    }

    private static TrainingState StateOf(RunFolder folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder.FindLast()!);
        return checkpoint.State;
    }

    private static IEnumerable<string> Logged(RunFolder folder) =>
        [
            .. RunLog
                .Read(folder.LogPath)
                .Select(line => string.Join(' ', line.Where(value => value.Key is not ("images_per_s" or "data_wait_s" or "memory_mb")))),
        ];

    private static void AssertSameBits(string expected, string actual, string when)
    {
        using SafetensorsFile first = SafetensorsFile.Open(expected),
            second = SafetensorsFile.Open(actual);
        Assert.Equal(first.Names, second.Names);
        foreach (string name in first.Names)
        {
            using Tensor a = first.Read(name),
                b = second.Read(name);
            Assert.True(a.bytes.SequenceEqual(b.bytes), $"{name} differs when stopped {when}");
        }
    }

    private string SavePretrained()
    {
        string file = _temporary.File("pretrained.safetensors");
        using var model = new SocoModel(
            new SocoModelOptions
            {
                Arch = "resnet18",
                Width = 0.5,
                FpnChannels = 8,
                HeadChannels = 8,
                HeadFc = 16,
                ProjectorHidden = 8,
                ProjectorOut = 8,
            }
        );
        SafetensorsWriter.Write(file, model.TransferableState());
        return file;
    }

    private DetectionTask NewTask(DetectionRecipe recipe) => new(recipe, _images, _validation, _ => { });

    private TrainingOutcome Train(DetectionRecipe recipe, RunFolder folder, long? stopAfter = null)
    {
        using var trainer = new Trainer(NewTask(recipe), folder);
        return trainer.Run(stopAfter, _ => { }, CancellationToken.None);
    }

    private RunFolder Folder(string name) => RunFolder.Create(_temporary.File(name));
}
