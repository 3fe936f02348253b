using Soco.Pretraining.Model;
using Soco.Recipes;
using TorchSharp;
using static Soco.Tests.Pretraining.Model.SmallBatches;
using static TorchSharp.torch;

namespace Soco.Tests.Pretraining.Model;

[Collection(Alone.Name)]
public sealed class SocoModelTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Sparse_and_dense_are_one_function_where_norms_do_not_depend_on_the_batch()
    {
        (StepMeasures sparse, Dictionary<string, Tensor> sparseGradients) = LearnInEval(Options, Batch());
        (StepMeasures dense, Dictionary<string, Tensor> denseGradients) = LearnInEval(
            Options with
            {
                Assignment = LevelAssignment.Dense,
            },
            Batch()
        );

        Assert.Equal(dense.Loss, sparse.Loss, 1e-5);
        Assert.Equal(dense.PairLosses, sparse.PairLosses, (a, b) => Math.Abs(a - b) < 1e-5);
        AssertClose(denseGradients, sparseGradients, 1e-3);
        Assert.Equal(sparse.EmbeddingStd, dense.EmbeddingStd, 1e-5);
        Assert.Equal(sparse.FeatureRank, dense.FeatureRank, 1e-2);
        Assert.Equal(sparse.ProjectorStd, dense.ProjectorStd, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Channels_last_memory_changes_nothing_but_roundings()
    {
        (StepMeasures last, Dictionary<string, Tensor> lastGradients) = LearnInEval(Options, Batch());
        (StepMeasures first, Dictionary<string, Tensor> firstGradients) = LearnInEval(Options with { ChannelsLast = false }, Batch());

        Assert.Equal(first.Loss, last.Loss, 1e-5);
        AssertClose(firstGradients, lastGradients, 1e-3);
    }

    [Fact]
    public void Pairs_that_share_a_box_set_lose_what_pairs_with_equal_sets_do()
    {
        SocoBatch shared = Batch();
        BoxSet set = shared.Pairs[0].First;
        var copy = new BoxSet(set.Images, set.PerImage, [.. set.Corners], [.. set.Ids], [.. set.Levels]);
        SocoBatch apart = shared with { Pairs = [shared.Pairs[0], shared.Pairs[1] with { First = copy }] };

        (StepMeasures one, Dictionary<string, Tensor> oneGradients) = LearnInEval(Options, shared);
        (StepMeasures two, Dictionary<string, Tensor> twoGradients) = LearnInEval(Options, apart);

        Assert.Equal(one.Loss, two.Loss, 1e-5);
        AssertClose(oneGradients, twoGradients, 1e-3);
    }

    [Fact]
    public void Two_halves_of_a_batch_add_up_to_the_mean_of_the_whole()
    {
        SocoModel model = NewModel(Options);
        model.eval();
        SocoBatch batch = Batch(images: 4);
        double whole = model.Learn(batch).Loss;
        Dictionary<string, Tensor> expected = Gradients(model);
        Forget(model);

        double halves = 0.25 * model.Learn(Part(batch, 0, 1), 0.25).Loss + 0.75 * model.Learn(Part(batch, 1, 3), 0.75).Loss;

        Assert.Equal(whole, halves, 1e-5);
        AssertClose(expected, Gradients(model), 1e-3);
    }

    [Fact]
    public void In_bfloat16_passes_of_a_step_add_up_and_gradients_are_float32_near_those_of_float32()
    {
        SocoBatch batch = Batch(images: 8);
        (StepMeasures full, Dictionary<string, Tensor> fullGradients) = LearnInEval(Options, batch);
        SocoModel model = NewModel(Options with { Bfloat16 = true });
        model.eval();
        double loss = (model.Learn(Part(batch, 0, 4), 0.5).Loss + model.Learn(Part(batch, 4, 4), 0.5).Loss) / 2;

        Assert.Equal(full.Loss, loss, 0.1);
        Dictionary<string, Tensor> gradients = Gradients(model);
        Assert.All(gradients.Values, gradient => Assert.Equal(ScalarType.Float32, gradient.dtype));
        Assert.All(model.TrainableParameters(), p => Assert.Equal(ScalarType.Float32, p.Parameter.dtype));
        double aligned = gradients.Keys.Sum(name => (gradients[name] * fullGradients[name]).sum().item<float>());
        double cosine = aligned / Math.Sqrt(Square(gradients) * Square(fullGradients));
        Assert.True(cosine > 0.95, $"cosine {cosine}");

        static double Square(Dictionary<string, Tensor> tensors) => tensors.Values.Sum(t => (double)t.square().sum().item<float>());
    }

    public static TheoryData<string, SocoModelOptions> Variants() =>
        new()
        {
            { "FPN and head", Options },
            { "dense", Options with { Assignment = LevelAssignment.Dense } },
            { "no FPN", Options with { Fpn = false } },
            { "no head", Options with { Head = false } },
            { "neither", Options with { Fpn = false, Head = false } },
            { "C4", Options with { Variant = Variant.C4 } },
            { "fixed sampling, not aligned", Options with { RoiSamplingRatio = 2, RoiAligned = false } },
        };

    [Theory]
    [MemberData(nameof(Variants), DisableDiscoveryEnumeration = true)]
    public void Every_variant_learns_in_both_number_formats(string name, SocoModelOptions options)
    {
        foreach (bool narrow in new[] { false, true })
        {
            SocoModel model = NewModel(options with { Bfloat16 = narrow });
            StepMeasures measures = model.Learn(Batch());

            Assert.All(measures.PairLosses, loss => Assert.True(loss is > -4 and < 4 && Math.Abs(loss) > 1e-4, $"{name}: {loss}"));
            Assert.Equal(measures.Loss, measures.PairLosses.Sum(), 1e-6);
            Assert.Equal([4.0, 4.0], measures.MatchedPairs);
            Assert.InRange(measures.EmbeddingStd, 0.05, 0.3);
            Assert.InRange(measures.FeatureRank, 1, 16);
            Assert.Equal(16, measures.ProjectorStd.Length);
            Dictionary<string, Tensor> gradients = Gradients(model);
            Assert.Equal(model.TrainableParameters().Select(p => p.Name), gradients.Keys);
            Assert.All(gradients.Values, gradient => Assert.True(gradient.isfinite().all().item<bool>()));
        }
    }

    [Theory]
    [InlineData(6, 4)]
    [InlineData(4, 6)]
    public void The_feature_rank_counts_the_directions_in_which_vectors_differ(int boxes, int dimensions)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor line = arange(boxes, dtype: ScalarType.Float32).unsqueeze(1) * ones(1, dimensions) + 5;
        Tensor two = zeros(boxes, dimensions);
        two[0, 0] = two[2, 1] = 1;
        two[1, 0] = two[3, 1] = -1;

        Assert.Equal(1, SocoModel.ParticipationRatio(line), 1e-5);
        Assert.Equal(2, SocoModel.ParticipationRatio(two), 1e-5);
        Assert.Equal(0, SocoModel.ParticipationRatio(ones(boxes, dimensions)));
    }

    [Fact]
    public void Byol_learns_from_whole_images()
    {
        SocoModel model = NewModel(Options with { Variant = Variant.Image });
        StepMeasures measures = model.Learn(Batch(images: 4, perImage: 1, views: 2));

        Assert.InRange(Assert.Single(measures.PairLosses), -4, 4);
        Assert.DoesNotContain(
            model.named_parameters(),
            p => p.name.StartsWith("neck", StringComparison.Ordinal) || p.name.StartsWith("head", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_target_gets_no_gradient()
    {
        SocoModel model = NewModel(Options);
        model.Learn(Batch());

        Assert.All(model.named_parameters(), p => Assert.Equal(IsTarget(p.name), p.parameter.grad is null));
        Assert.All(model.TrainableParameters(), p => Assert.False(IsTarget(p.Name)));
        Assert.Contains(model.named_parameters(), p => IsTarget(p.name));
    }

    [Fact]
    public void The_target_begins_as_the_online_network_and_follows_it_by_the_momentum_parameters_alone()
    {
        manual_seed(3);
        var model = new SocoModel(Options);
        Dictionary<string, Tensor> state = model.state_dict();
        Assert.All(
            state.Keys.Where(IsTarget),
            name => Assert.Equal(0, (state[name] - state[Online(name)]).abs().to_type(ScalarType.Float64).max().item<double>())
        );

        using (no_grad())
        {
            foreach ((_, Tensor tensor) in state)
            {
                if (tensor.is_floating_point())
                {
                    tensor.add_(rand_like(tensor));
                }
            }
        }

        var before = state.ToDictionary(e => e.Key, e => e.Value.detach().clone());
        model.UpdateTarget(0.75);

        HashSet<string> parameters = [.. model.named_parameters().Select(p => p.name)];
        Assert.All(
            state.Keys,
            name =>
            {
                Tensor expected =
                    IsTarget(name) && parameters.Contains(name) ? before[name] * 0.75 + before[Online(name)] * 0.25 : before[name];
                Assert.Equal(0, (expected - state[name]).abs().to_type(ScalarType.Float64).max().item<double>(), 1e-6);
            }
        );
    }

    [Fact]
    public void A_full_momentum_leaves_the_target_and_none_makes_it_the_online_network()
    {
        SocoModel model = NewModel(Options);
        using (no_grad())
        {
            model.TrainableParameters().Single(p => p.Name == "projector.linear1.weight").Parameter.fill_(5);
        }

        Tensor target = model.named_parameters().Single(p => p.name == "projector_k.linear1.weight").parameter;
        float before = target.sum().item<float>();
        model.UpdateTarget(1);
        Assert.Equal(before, target.sum().item<float>());
        model.UpdateTarget(0);
        Assert.Equal(5f, target.min().item<float>());
    }

    [Fact]
    public void Statistics_of_both_networks_move_in_training_and_stay_in_evaluation()
    {
        SocoModel model = NewModel(Options);
        model.eval();
        model.Learn(Batch());
        Assert.All(
            model.named_buffers().Where(b => b.name.EndsWith("tracked", StringComparison.Ordinal)),
            b => Assert.Equal(0, b.buffer.item<long>())
        );

        model.train();
        model.Learn(Batch());
        Assert.All(
            model.named_buffers().Where(b => b.name.EndsWith("tracked", StringComparison.Ordinal)),
            b => Assert.Equal(3, b.buffer.item<long>())
        );
        Assert.All(
            model.named_buffers().Where(b => b.name.EndsWith("mean", StringComparison.Ordinal)),
            b => Assert.NotEqual(0f, b.buffer.abs().max().item<float>())
        );
    }

    [Fact]
    public void Weights_begin_he_normal_and_residual_branches_closed()
    {
        manual_seed(0);
        var model = new SocoModel(Options);
        foreach ((string name, var parameter) in model.TrainableParameters())
        {
            long[] shape = parameter.shape;
            if (shape.Length == 4)
            {
                double expected = Math.Sqrt(2.0 / (shape[0] * shape[2] * shape[3])),
                    count = parameter.numel();
                Assert.Equal(expected, parameter.std().item<float>(), expected * 5 / Math.Sqrt(2 * count));
                Assert.Equal(0, parameter.mean().item<float>(), expected * 5 / Math.Sqrt(count));
            }
            else if (name.Contains("bn", StringComparison.Ordinal) || name.Contains("downsample.1", StringComparison.Ordinal))
            {
                bool closed =
                    name.StartsWith("encoder.layer", StringComparison.Ordinal) && name.EndsWith("bn2.weight", StringComparison.Ordinal);
                float value = name.EndsWith("weight", StringComparison.Ordinal) && !closed ? 1 : 0;
                Assert.True(parameter.eq(value).all().item<bool>(), name);
            }
        }
    }

    [Theory]
    [InlineData("resnet18", 0.5, 32, 256)]
    [InlineData("resnet50", 0.25, 16, 512)]
    [InlineData("resnet18", 1.01, 64, 512)]
    [InlineData("resnet18", 2, 128, 1024)]
    public void A_width_multiplies_the_channels_of_the_backbone(string arch, double width, int stem, int last)
    {
        using var model = new SocoModel(Options with { Arch = arch, Width = width });
        Dictionary<string, long[]> shapes = model.TransferableState().ToDictionary(t => t.Name, t => t.Tensor.shape);

        Assert.Equal([stem, 3, 7, 7], shapes["encoder.conv1.weight"]);
        Assert.Equal([16, last, 1, 1], shapes["neck.lateral_convs.3.conv.weight"]);
    }

    [Fact]
    public void Residual_branches_begin_open_where_it_is_asked_for()
    {
        using var model = new SocoModel(Options with { ZeroInitResidual = false });
        Assert.All(
            model.TrainableParameters().Where(p => p.Name.EndsWith("bn2.weight", StringComparison.Ordinal)),
            p => Assert.Equal(1f, p.Parameter.min().item<float>())
        );
    }

    [Fact]
    public void Boxes_on_no_level_lose_nothing_and_are_no_error_even_alone()
    {
        SocoBatch batch = Batch();
        BoxSet none = new(3, 4, batch.Pairs[0].First.Corners, batch.Pairs[0].First.Ids, [.. Enumerable.Repeat(BoxSet.NoLevel, 12)]);
        foreach (LevelAssignment assignment in Enum.GetValues<LevelAssignment>())
        {
            SocoModel model = NewModel(Options with { Assignment = assignment });
            StepMeasures measures = model.Learn(batch with { Pairs = [new(1, none, none), new(2, none, batch.Pairs[1].Other)] });

            Assert.Equal([0.0, 0.0], measures.PairLosses);
            Assert.Equal([0.0, 0.0], measures.MatchedPairs);
            Assert.All(Gradients(model).Values, gradient => Assert.Equal(0f, gradient.abs().max().item<float>()));
        }
    }

    [Fact]
    public void What_is_handed_on_is_the_online_network_without_projector_and_predictor()
    {
        string[] names = [.. new SocoModel(Options).TransferableState().Select(t => t.Name)];

        Assert.Equal(["encoder", "head", "neck"], names.Select(name => name.Split('.')[0]).Distinct().Order());
        Assert.Contains("encoder.layer4.1.bn2.running_var", names);
    }

    private static (StepMeasures Measures, Dictionary<string, Tensor> Gradients) LearnInEval(SocoModelOptions options, SocoBatch batch)
    {
        SocoModel model = NewModel(options);
        model.eval();
        return (model.Learn(batch), Gradients(model));
    }

    private static bool IsTarget(string name) => name.Split('.')[0].EndsWith("_k", StringComparison.Ordinal);

    private static string Online(string name) => name.Replace("_k.", ".", StringComparison.Ordinal);
}
