using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Tests.Data;
using Soco.Training;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Tests.Training;

[Collection(Alone.Name)]
public sealed class PretrainingTaskTests : IDisposable
{
    private static readonly PretrainingRecipe s_recipe = new()
    {
        Arch = Backbone.Resnet18,
        Batch = 4,
        Epochs = 1,
        Threads = 1,
        Device = ComputeDevice.Cpu,
        Views = new() { Size = 64, View3Size = 32 },
        Model = new()
        {
            FpnChannels = 8,
            HeadChannels = 8,
            HeadFc = 16,
            ProjectorHidden = 16,
            ProjectorOut = 8,
        },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_whole_network_is_taken_over_with_its_target()
    {
        using var source = new SocoModel(SocoModelOptions.Of(s_recipe));
        source.UpdateTarget(0.5);
        Tensors(source).Single(tensor => tensor.Name == "encoder_k.conv1.weight").Tensor.fill_(0.25f);
        using WeightsFile weights = Written(Tensors(source));
        using PretrainingTask task = Task();

        StateMatch match = task.Take(weights, strict: true);

        Assert.True(match.IsExact);
        Assert.All(
            Tensors(source).Zip(Tensors(task.Model)),
            pair => Assert.True(pair.First.Tensor.bytes.SequenceEqual(pair.Second.Tensor.bytes), pair.First.Name)
        );
    }

    [Fact]
    public void Of_parts_the_target_becomes_a_copy()
    {
        using var source = new SocoModel(SocoModelOptions.Of(s_recipe));
        using WeightsFile weights = Written(Tensors(source).Where(tensor => tensor.Name.StartsWith("encoder.", StringComparison.Ordinal)));
        using PretrainingTask task = Task();

        StateMatch match = task.Take(weights, strict: false);

        Dictionary<string, Tensor> values = Tensors(task.Model).ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor);
        Assert.Equal(120, match.Matched.Count);
        Assert.DoesNotContain(match.Missing, SocoModel.IsOfTarget);
        Assert.Contains("projector.linear1.weight", match.Missing);
        Assert.True(values["encoder_k.layer2.0.conv1.weight"].bytes.SequenceEqual(weights.Read("encoder.layer2.0.conv1.weight").bytes));
        Assert.Throws<SocoDataException>(() => task.Take(weights, strict: true));
    }

    [Fact]
    public void A_part_of_a_backbone_is_taken_only_when_asked_for()
    {
        using var source = new SocoModel(SocoModelOptions.Of(s_recipe));
        using WeightsFile weights = Written(
            Tensors(source)
                .Where(tensor =>
                    tensor.Name.StartsWith("encoder.", StringComparison.Ordinal)
                    && !tensor.Name.Contains("layer4", StringComparison.Ordinal)
                )
        );
        using PretrainingTask task = Task();
        byte[] before = [.. task.Model.state_dict()["encoder.conv1.weight"].bytes];

        var error = Assert.Throws<SocoDataException>(() => task.Take(weights, strict: false));

        Assert.Contains("encoder.layer4.0.conv1.weight among them", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, task.Model.state_dict()["encoder.conv1.weight"].bytes.ToArray());
        Assert.Equal(90, task.Take(weights, strict: false, partial: true).Matched.Count);
        Assert.NotEqual(before, task.Model.state_dict()["encoder.conv1.weight"].bytes.ToArray());
    }

    [Theory]
    [InlineData(0, 0.2 * 0.01)]
    [InlineData(0.001, 0.2 * 0.001)]
    public void Without_a_trust_coefficient_a_weight_decays_by_its_size_and_not_by_larss_rate(double trust, double expected)
    {
        var optimizer = new OptimizerRecipe { TrustCoefficient = trust, WeightDecay = 0.01 };
        using var task = new PretrainingTask(s_recipe with { Optimizer = optimizer }, ToyImages.Scenes(4).All, _ => { });
        using Tensor weight = task.Model.TrainableParameters().Single(p => p.Name == "encoder.conv1.weight").Parameter.detach();
        using Tensor gamma = task.Model.TrainableParameters().Single(p => p.Name == "encoder.bn1.weight").Parameter.detach();
        foreach ((string _, TorchSharp.Modules.Parameter parameter) in task.Model.TrainableParameters())
        {
            parameter.grad = zeros_like(parameter);
        }

        double before = weight.norm().item<float>();
        task.Optimizer.Step(0.2);

        Assert.Equal(expected, 1 - (weight.norm().item<float>() / before), 5);
        Assert.All(gamma.data<float>().ToArray(), value => Assert.Equal(1, value));
    }

    private static PretrainingTask Task() => new(s_recipe, ToyImages.Scenes(4).All, _ => { });

    private static IEnumerable<(string Name, Tensor Tensor)> Tensors(SocoModel model) =>
        StateLoading.TensorsOf(model).Select(tensor => (tensor.Name, tensor.Tensor.detach()));

    private WeightsFile Written(IEnumerable<(string, Tensor)> tensors)
    {
        SafetensorsWriter.Write(_folder.File("weights"), tensors);
        return WeightsFile.Open(_folder.File("weights"));
    }
}
