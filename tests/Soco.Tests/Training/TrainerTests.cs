using Soco.Optimization;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Tests.Data;
using Soco.Training;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Tests.Training;

[Collection(Alone.Name)]
public sealed class TrainerTests : IDisposable
{
    private static readonly ToyImages s_images = ToyImages.Scenes(9);

    /// <summary>Two steps an epoch, three epochs.</summary>
    private static readonly PretrainingRecipe s_recipe = new()
    {
        Arch = Backbone.Resnet18,
        Epochs = 3,
        Batch = 4,
        CheckpointEveryEpochs = 100,
        Threads = 2,
        Device = ComputeDevice.Cpu,
        Views = new()
        {
            Size = 64,
            View3Size = 32,
            View4Size = 48,
        },
        Cutout = new() { Enabled = true },
        Model = new()
        {
            FpnChannels = 16,
            HeadChannels = 16,
            HeadFc = 32,
            ProjectorHidden = 32,
            ProjectorOut = 16,
        },
        Optimizer = new() { WarmupEpochs = 1, BaseLr = 4 },
        Logging = new() { EverySteps = 1 },
    };

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    public static TheoryData<string, PretrainingRecipe, int> Interrupted() =>
        new()
        {
            { "at the end of an epoch", s_recipe, 2 },
            { "inside an epoch", s_recipe, 3 },
            { "with passes", s_recipe with { MicroBatch = 2 }, 3 },
            { "before the first step", s_recipe, 0 },
            { "with all views and bfloat16", s_recipe with { Method = PretrainingMethod.SocoStar, Precision = NumberFormat.Bf16 }, 5 },
            {
                "without LARS",
                s_recipe with
                {
                    Optimizer = new() { WarmupEpochs = 1, TrustCoefficient = 0 },
                },
                3
            },
            {
                "with AdamW, negatives and a queue of them",
                s_recipe with
                {
                    Optimizer = new()
                    {
                        WarmupEpochs = 1,
                        Kind = OptimizerKind.Adamw,
                        BaseLr = 0.1,
                    },
                    Objective = new()
                    {
                        Kind = ObjectiveKind.Infonce,
                        Queue = 40,
                        SameImageIou = 0.1,
                    },
                },
                3
            },
            {
                "with capped LARS at half the width",
                s_recipe with
                {
                    Optimizer = new()
                    {
                        WarmupEpochs = 1,
                        TrustCoefficient = 0.02,
                        CapTrust = true,
                    },
                    Model = s_recipe.Model with { Width = 0.5, ZeroInitResidual = false },
                },
                3
            },
            { "dense", s_recipe with { Assignment = LevelAssignment.Dense }, 1 },
            { "on C4", s_recipe with { Method = PretrainingMethod.SocoC4 }, 3 },
            { "on whole images", s_recipe with { Method = PretrainingMethod.Byol }, 3 },
            {
                "where most steps leave a level without boxes",
                s_recipe with
                {
                    Batch = 1,
                    Epochs = 1,
                    Boxes = new() { PerImage = 2 },
                    Views = new() { Size = 64, View3Size = 48 },
                },
                4
            },
        };

    [Theory]
    [MemberData(nameof(Interrupted), DisableDiscoveryEnumeration = true)]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_same_bits_as_one_that_was_not(
        string when,
        PretrainingRecipe recipe,
        int stopAfter
    )
    {
        RunFolder whole = Folder("whole"),
            halves = Folder("halves");
        var steps = new List<TrainingStep>();
        Assert.Equal(TrainingOutcome.Completed, Train(recipe, whole, steps: steps));

        var resumed = new List<TrainingStep>();
        Assert.Equal(TrainingOutcome.Stopped, Train(recipe, halves, stopAfter, resumed));
        Assert.Equal(stopAfter, resumed.Count);
        Assert.Equal(TrainingOutcome.Completed, Train(recipe, halves, steps: resumed));

        Assert.Equal(steps.Select(Measures), resumed.Select(Measures));
        AssertSameBits(whole.FindLast()!, halves.FindLast()!, when);
        Assert.Equal(Path.GetFileName(whole.FindLast()), Path.GetFileName(halves.FindLast()));
        Assert.Equal(File.ReadAllBytes(whole.WeightsPath), File.ReadAllBytes(halves.WeightsPath));
        Assert.Equal(Logged(whole), Logged(halves));
    }

    [Fact]
    public void A_probe_is_told_of_the_weights_and_changes_nothing()
    {
        PretrainingRecipe recipe = s_recipe with { Evaluation = new() { Probe = 1 } };
        RunFolder plain = Folder("plain"),
            probed = Folder("probed");
        Train(recipe, plain);
        using var interrupted = new CancellationTokenSource();
        var steps = new List<string>();

        // The second probe is interrupted, and made up for.
        Assert.Equal(TrainingOutcome.Interrupted, Probed(token => interrupted.Cancel(), interrupted.Token));
        Assert.Equal(TrainingOutcome.Completed, Probed(_ => { }, CancellationToken.None));

        Assert.Equal(["2", "4", "4", "6"], steps);
        AssertSameBits(plain.FindLast()!, probed.FindLast()!, "probed");
        Assert.False(File.Exists(probed.ProbedWeightsPath));
        Assert.Equal(
            [0.2, 0.4, 0.6],
            RunLog.ReadWhole(probed.LogPath).Lines.Where(line => line.ContainsKey("probe_head")).Select(line => line["probe_head"])
        );

        TrainingOutcome Probed(Action<CancellationToken> onSecond, CancellationToken token)
        {
            var task = new PretrainingTask(recipe, s_images.All, _ => { })
            {
                Probe = (path, interruption) =>
                {
                    using WeightsFile weights = WeightsFile.Open(path);
                    string step = weights.Metadata["soco.step"];
                    steps.Add(step);
                    if (step == "4")
                    {
                        onSecond(interruption);
                        interruption.ThrowIfCancellationRequested();
                    }

                    using Tensor drawn = rand(3);
                    return new Dictionary<string, double> { ["probe_head"] = int.Parse(step) / 10.0 };
                },
            };
            using var trainer = new Trainer(task, probed);
            return trainer.Run(null, _ => { }, token);
        }
    }

    [Fact]
    public void Training_to_a_step_keeps_the_schedule_of_the_whole_run()
    {
        var all = new List<TrainingStep>();
        var some = new List<TrainingStep>();
        Train(s_recipe, Folder("all"), steps: all);
        Assert.Equal(TrainingOutcome.Stopped, Train(s_recipe, Folder("some"), 2, some));

        Assert.Equal(6, all.Count);
        Assert.Equal(all.Take(2).Select(Measures), some.Select(Measures));
        Assert.All(some, step => Assert.Equal(6, step.TotalSteps));
        Assert.Equal(
            Enumerable.Range(0, 6).Select(k => Schedules.LearningRate(k, 6, 2, 4 * 4 / 256.0, 1e-6, 100)),
            all.Select(step => step.LearningRate)
        );
        Assert.Equal(
            Enumerable.Range(0, 6).Select(k => Schedules.EmaMomentum(k, 6, 0.99)),
            all.Select(step => step.Values["ema_momentum"])
        );
        Assert.Equal([1, 1, 2, 2, 3, 3], all.Select(step => step.Epoch));
    }

    [Fact]
    public void A_stop_past_the_end_completes_the_run() =>
        Assert.Equal(TrainingOutcome.Completed, Train(s_recipe with { Epochs = 1 }, Folder("run"), 100));

    [Fact]
    public void A_completed_run_has_nothing_left_to_do()
    {
        RunFolder folder = Folder("run");
        Train(s_recipe with { Epochs = 1 }, folder);
        byte[] before = File.ReadAllBytes(folder.FindLast()!);
        var steps = new List<TrainingStep>();

        Assert.Equal(TrainingOutcome.Completed, Train(s_recipe with { Epochs = 1 }, folder, steps: steps));
        Assert.Empty(steps);
        Assert.Equal(before, File.ReadAllBytes(folder.FindLast()!));
    }

    [Fact]
    public void The_record_tells_of_every_session_and_a_killed_one_ends_with_its_log()
    {
        RunFolder folder = Folder("run");
        Train(s_recipe, folder, 2);
        RunRecord first = folder.ReadRecord();
        folder.WriteRecord(first with { Sessions = [first.Sessions[0] with { Ended = null, LastStep = null, Outcome = null }] });
        File.SetLastWriteTimeUtc(folder.LogPath, first.Sessions[0].Started.UtcDateTime.AddSeconds(90));
        Train(s_recipe, folder);

        RunRecord record = folder.ReadRecord();
        Assert.Equal((6L, 9L, 2), (record.TotalSteps, record.Images, record.Sessions.Count));
        Assert.Equal((0L, TrainingOutcome.Stopped), (first.Sessions[0].FirstStep, first.Sessions[0].Outcome));
        Assert.Equal(
            (TimeSpan.FromSeconds(90), null, null),
            (record.Sessions[0].Duration, record.Sessions[0].LastStep, record.Sessions[0].Outcome)
        );
        RunSession last = record.Sessions[1];
        Assert.Equal((2L, 6L, TrainingOutcome.Completed, null), (last.FirstStep, last.LastStep, last.Outcome, last.Error));
        Assert.Equal((2, "cpu"), (last.Threads, last.Device));
        Assert.InRange(last.Duration, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(10));
        Assert.Equal("Trainer", last.Command);
        Assert.True(last.Machine is { Cores: > 0, MemoryGib: > 0, Processor.Length: > 0 });
    }

    [Fact]
    public void A_record_that_cannot_be_read_is_begun_anew()
    {
        RunFolder folder = Folder("run");
        File.WriteAllText(folder.RecordPath, "{\"sessions\": [");
        Train(s_recipe, folder, 1);

        Assert.Equal(1, Assert.Single(folder.ReadRecord().Sessions).LastStep);
    }

    [Fact]
    public void An_interruption_finishes_the_step_saves_and_says_so()
    {
        RunFolder folder = Folder("run");
        using var interruption = new CancellationTokenSource();
        using Trainer trainer = NewTrainer(s_recipe, folder);
        int steps = 0;

        TrainingOutcome outcome = trainer.Run(null, _ => Cancel(), interruption.Token);

        Assert.Equal((TrainingOutcome.Interrupted, 3L), (outcome, trainer.Step));
        Assert.Equal(folder.CheckpointPath(3), folder.FindLast());
        Assert.True(File.Exists(folder.WeightsPath));

        void Cancel()
        {
            if (++steps == 3)
            {
                interruption.Cancel();
            }
        }
    }

    [Fact]
    public void Checkpoints_are_written_at_the_ends_of_epochs_and_every_so_many_steps()
    {
        RunFolder folder = Folder("run");
        using Trainer trainer = NewTrainer(s_recipe with { Epochs = 4, CheckpointEveryEpochs = 2, CheckpointEverySteps = 3 }, folder);
        var seen = new SortedSet<long>();
        trainer.Run(null, _ => seen.UnionWith(folder.CheckpointSteps()), CancellationToken.None);
        seen.UnionWith(folder.CheckpointSteps());

        Assert.Equal([3, 4, 6, 8], seen);
    }

    [Fact]
    public void The_log_tells_every_figure_of_a_step_in_its_order()
    {
        RunFolder folder = Folder("run");
        var steps = new List<TrainingStep>();
        Train(s_recipe, folder, 1, steps);

        using var line = System.Text.Json.JsonDocument.Parse(File.ReadLines(folder.LogPath).First());
        Assert.Equal(
            [
                "step",
                "epoch",
                "loss",
                "loss_1_2",
                "loss_1_3",
                "lr",
                "ema_momentum",
                "matched_pairs",
                "gradient_norm",
                "embedding_std",
                "feature_rank",
                "projector_std_min",
                "projector_std_mean",
                "images_per_s",
                "data_wait_s",
                "memory_mb",
                "projector_std",
            ],
            line.RootElement.EnumerateObject().Select(property => property.Name)
        );
        IReadOnlyList<float> spread = steps[0].Vectors!["projector_std"];
        Assert.Equal((spread.Min(), spread.Average()), (steps[0].Values["projector_std_min"], steps[0].Values["projector_std_mean"]));
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_the_run_with_the_last_good_state_saved()
    {
        RunFolder folder = Folder("run");
        Dictionary<string, byte[]> good = [];
        PretrainingTask task = NewTask(s_recipe);
        using (var trainer = new Trainer(task, folder))
        {
            var error = Assert.Throws<SocoRunException>(() => trainer.Run(null, Overflow, CancellationToken.None));

            Assert.StartsWith(
                $"The loss is NaN at step 4; the state before it is saved in {folder.CheckpointPath(3)}.",
                error.Message,
                StringComparison.Ordinal
            );
            Assert.Contains("base_lr", error.Message, StringComparison.Ordinal);

            // A weight may be so large that what it makes is not finite, and be finite itself.
            void Overflow(TrainingStep step)
            {
                if (step.Step == 3)
                {
                    Fill(task, "predictor.linear2.weight", float.MaxValue);
                    good = StateLoading.TensorsOf(task.Model).ToDictionary(t => t.Name, t => t.Tensor.detach().bytes.ToArray());
                }
            }
        }

        // Everything but the target, which had followed, is what it was after the third step: statistics above all.
        using Checkpoint saved = Checkpoint.Open(folder.FindLast()!);
        Assert.Equal(3, saved.State.Step);
        Assert.Equal(4, saved.State.EmaStep);
        using SafetensorsFile file = SafetensorsFile.Open(folder.FindLast()!);
        foreach (string name in good.Keys.Where(name => !(name.Contains("_k.", StringComparison.Ordinal) && !IsStatistic(name))))
        {
            using Tensor tensor = file.Read("model." + name);
            Assert.True(tensor.bytes.SequenceEqual(good[name]), name);
        }
    }

    [Theory]
    [InlineData(0, "no state of this run is worth saving")]
    [InlineData(2, "the last good state is {0}")]
    public void Weights_that_are_not_finite_are_never_saved(int everySteps, string lastGood)
    {
        RunFolder folder = Folder("run");
        PretrainingTask task = NewTask(s_recipe with { CheckpointEverySteps = everySteps });
        using var trainer = new Trainer(task, folder);

        var error = Assert.Throws<SocoRunException>(() => trainer.Run(null, Poison, CancellationToken.None));

        string sentence = string.Format(System.Globalization.CultureInfo.InvariantCulture, lastGood, folder.CheckpointPath(2));
        Assert.StartsWith(
            $"The loss is NaN at step 4; the weights were damaged before it, so {sentence}.",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(everySteps == 0 ? [] : [2L], folder.CheckpointSteps());
        Assert.Equal(
            (3L, null, error.Message),
            (folder.ReadRecord().Sessions[0].LastStep, folder.ReadRecord().Sessions[0].Outcome, folder.ReadRecord().Sessions[0].Error)
        );

        void Poison(TrainingStep step)
        {
            if (step.Step == 3)
            {
                Fill(task, "predictor.linear2.bias", float.NaN);
            }
        }
    }

    [Fact]
    public void A_checkpoint_that_is_due_is_refused_where_the_weights_are_not_finite()
    {
        RunFolder folder = Folder("run");
        PretrainingTask task = NewTask(s_recipe);
        using var trainer = new Trainer(task, folder);

        var error = Assert.Throws<SocoRunException>(() =>
            trainer.Run(3, step => Fill(task, "predictor.linear2.bias", step.Step == 3 ? float.NaN : 0), CancellationToken.None)
        );

        Assert.StartsWith(
            "model.predictor.linear2.bias is not finite after step 3; no state of this run is worth saving.",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Empty(folder.CheckpointSteps());
    }

    [Fact]
    public void A_state_saved_after_a_failed_step_goes_on_to_the_same_bits_where_the_cause_is_gone()
    {
        RunFolder whole = Folder("whole"),
            failed = Folder("failed");
        Train(s_recipe, whole);
        using (Trainer trainer = NewTrainer(s_recipe, failed))
        {
            Assert.Equal(TrainingOutcome.Stopped, trainer.Run(2, _ => { }, CancellationToken.None));
        }

        PretrainingTask task = NewTask(s_recipe);
        using (var trainer = new Trainer(task, failed))
        {
            // The gradients are poisoned, not the weights: the third step fails after its forward passes.
            var parameter = task.Model.TrainableParameters().First().Parameter;
            parameter.grad = full_like(parameter, float.PositiveInfinity);
            var error = Assert.Throws<SocoRunException>(() => trainer.Run(null, _ => { }, CancellationToken.None));
            Assert.StartsWith("The gradient norm is ", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(TrainingOutcome.Completed, Train(s_recipe, failed));
        AssertSameBits(whole.FindLast()!, failed.FindLast()!, "after a failed step");
    }

    [Fact]
    public void Other_images_than_the_run_began_with_are_refused()
    {
        RunFolder folder = Folder("run");
        Train(s_recipe, folder, 1);

        var error = Assert.Throws<SocoDataException>(() => NewTrainer(s_recipe, folder, ToyImages.Scenes(10)));

        Assert.StartsWith($"{folder.Root} was trained on 9 images, and these are 10 or others;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_checkpoint_of_another_network_is_refused_by_name_and_left_as_it_is()
    {
        RunFolder folder = Folder("run");
        Train(s_recipe, folder, 1);
        byte[] before = File.ReadAllBytes(folder.FindLast()!);

        var error = Assert.Throws<SocoDataException>(() =>
            NewTrainer(s_recipe with { Model = s_recipe.Model with { Head = false, FpnChannels = 24 } }, folder)
        );

        Assert.Contains("is not what the checkpoints were trained with", error.Message, StringComparison.Ordinal);
        Assert.Contains("model.fpn_channels: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("model.head: true -> false", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(folder.FindLast()!));
    }

    [Fact]
    public void More_images_a_step_than_there_are_is_a_wrong_request()
    {
        var error = Assert.Throws<SocoRequestException>(() => NewTrainer(s_recipe with { Batch = 10 }, Folder("run")));

        Assert.Equal("A batch of 10 images cannot be taken from 9; lower batch.", error.Message);
    }

    [Fact]
    public void A_pass_of_one_box_is_a_wrong_request_because_its_norms_would_have_nothing_to_compare()
    {
        Assert.Throws<SocoRequestException>(() =>
            NewTrainer(s_recipe with { Method = PretrainingMethod.Byol, MicroBatch = 3 }, Folder("run"))
        );
        Assert.Throws<SocoRequestException>(() =>
            NewTrainer(
                s_recipe with
                {
                    MicroBatch = 1,
                    Boxes = new() { PerImage = 1 },
                },
                Folder("run")
            )
        );
    }

    [Fact]
    public void Unreadable_images_are_told_and_training_goes_on()
    {
        ToyImages images = ToyImages.Scenes(9, 1, unreadable: [0, 4]);
        var told = new List<string>();
        using var trainer = new Trainer(new PretrainingTask(s_recipe, images.All, exception => told.Add(exception.Name)), Folder("run"));

        Assert.Equal(TrainingOutcome.Completed, trainer.Run(null, _ => { }, CancellationToken.None));
        Assert.Equal(["scene-000.bmp", "scene-004.bmp"], told.Order());
    }

    [Fact]
    public void Live_tensors_stay_level_over_the_steps()
    {
        using Trainer trainer = NewTrainer(s_recipe with { Epochs = 12, MicroBatch = 2 }, Folder("run"));
        var live = new List<long>();
        trainer.Run(null, _ => live.Add(Tensor.TotalCount), CancellationToken.None);

        // The loader is at most four batches of three views ahead, or two.
        Assert.Equal(24, live.Count);
        Assert.True(live.TakeLast(5).Min() - live.Skip(1).Take(5).Max() < 12, string.Join(' ', live));
    }

    [Theory]
    [InlineData(NumberFormat.Fp32)]
    [InlineData(NumberFormat.Bf16)]
    public void Steps_checkpoints_and_weights_leave_no_tensor_behind(NumberFormat precision)
    {
        // TorchSharp counts a parameter twice and frees it once, so a network alone leaves its mark on the count.
        long network = Left(0);

        Assert.Equal(network, Left(3));

        long Left(int steps)
        {
            long before = LiveTensors.Count();
            Train(s_recipe with { Precision = precision, MicroBatch = 2 }, Folder($"{steps}"), steps);
            return Tensor.TotalCount - before;
        }
    }

    [Fact]
    public void The_loss_falls_on_an_easy_set_and_the_embeddings_do_not_collapse()
    {
        var steps = new List<TrainingStep>();
        Train(
            s_recipe with
            {
                Epochs = 20,
                Batch = 8,
                Optimizer = new() { WarmupEpochs = 2, BaseLr = 16 },
                Ema = new() { Momentum = 0.9 },
                CheckpointEveryEpochs = 20,
            },
            Folder("run"),
            steps: steps,
            images: ToyImages.Scenes(16)
        );

        Assert.Equal(40, steps.Count);
        double first = steps.Take(5).Average(step => step.Loss),
            last = steps.TakeLast(5).Average(step => step.Loss);
        Assert.True(last < first - 1, $"loss from {first:f2} to {last:f2}");
        Assert.All(
            steps,
            step => Assert.True(step.Values["embedding_std"] > 0.3 / Math.Sqrt(16), $"step {step.Step}: {step.Values["embedding_std"]}")
        );
        Assert.All(
            steps,
            step =>
                Assert.InRange(
                    step.Values.Where(value => value.Key.StartsWith("loss_", StringComparison.Ordinal)).Sum(value => value.Value),
                    step.Loss - 1e-5,
                    step.Loss + 1e-5
                )
        );
    }

    [Fact]
    public void The_log_names_a_pair_by_its_views()
    {
        Assert.Equal(["loss_1_2", "loss_1_3"], Pairs(s_recipe));
        Assert.Equal(["loss_1_2", "loss_1_3", "loss_1_4"], Pairs(s_recipe with { Method = PretrainingMethod.SocoStar }));
        Assert.Equal(
            ["loss_1_2", "loss_1_4"],
            Pairs(s_recipe with { Method = PretrainingMethod.SocoStar, Views = s_recipe.Views with { UseView3 = false } })
        );

        IEnumerable<string> Pairs(PretrainingRecipe recipe)
        {
            var steps = new List<TrainingStep>();
            Train(recipe, Folder(Guid.NewGuid().ToString("N")), 1, steps);
            return steps[0].Values.Keys.Where(name => name.StartsWith("loss_", StringComparison.Ordinal));
        }
    }

    private static void Fill(PretrainingTask task, string parameter, float value)
    {
        using IDisposable guard = no_grad();
        task.Model.TrainableParameters().Single(p => p.Name == parameter).Parameter.fill_(value);
    }

    private static bool IsStatistic(string name) =>
        name.EndsWith("running_mean", StringComparison.Ordinal)
        || name.EndsWith("running_var", StringComparison.Ordinal)
        || name.EndsWith("tracked", StringComparison.Ordinal);

    private static Trainer NewTrainer(PretrainingRecipe recipe, RunFolder folder, ToyImages? images = null) =>
        new(NewTask(recipe, images), folder);

    private static PretrainingTask NewTask(PretrainingRecipe recipe, ToyImages? images = null) =>
        new(recipe, (images ?? s_images).All, _ => { });

    private static TrainingOutcome Train(
        PretrainingRecipe recipe,
        RunFolder folder,
        long? stopAfter = null,
        List<TrainingStep>? steps = null,
        ToyImages? images = null
    )
    {
        using Trainer trainer = NewTrainer(recipe, folder, images);
        return trainer.Run(stopAfter, step => steps?.Add(step), CancellationToken.None);
    }

    private RunFolder Folder(string name) => RunFolder.Create(_temporary.File(name));

    /// <summary>What a step measured, without the clock.</summary>
    private static string Measures(TrainingStep step) =>
        $"{step.Step} {string.Join(' ', step.Values)} {string.Join(' ', step.Vectors!["projector_std"])}";

    private static IEnumerable<(double Step, double Loss)> Logged(RunFolder folder) =>
        [.. RunLog.Read(folder.LogPath).Select(line => (line["step"], line["loss"]))];

    private static void AssertSameBits(string expected, string actual, string when)
    {
        using SafetensorsFile first = SafetensorsFile.Open(expected),
            second = SafetensorsFile.Open(actual);
        Assert.Equal(first.Names.Order(StringComparer.Ordinal), second.Names.Order(StringComparer.Ordinal));
        foreach (string name in first.Names)
        {
            using Tensor a = first.Read(name),
                b = second.Read(name);
            Assert.True(a.bytes.SequenceEqual(b.bytes), $"{name} differs when stopped {when}");
        }
    }
}
