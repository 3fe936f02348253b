using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

public sealed class StateLoadingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_file_with_the_same_tensors_is_loaded_whole()
    {
        var source = Network(4);
        var target = Network(4);
        string path = _folder.File("w.safetensors");
        SafetensorsWriter.Write(
            path,
            StateLoading.TensorsOf(source).Select(item => ("encoder." + item.Name, item.Tensor)).Append(("other", zeros(1)))
        );

        using SafetensorsFile file = SafetensorsFile.Open(path);
        StateMatch match = StateLoading.Load(StateLoading.TensorsOf(target), file, path, prefix: "encoder.");

        Assert.True(match.IsExact);
        Assert.Equal($"{path} fits: all 7 tensors match.", match.Describe());
        Assert.All(
            StateLoading.TensorsOf(source).Zip(StateLoading.TensorsOf(target)),
            pair => Assert.True(pair.First.Tensor.detach().bytes.SequenceEqual(pair.Second.Tensor.detach().bytes), pair.First.Name)
        );
    }

    [Fact]
    public void What_does_not_fit_is_listed_and_nothing_is_changed()
    {
        var target = Network(4);
        Tensor before = target.parameters().First().detach().clone();
        Dictionary<string, Tensor> values = StateLoading
            .TensorsOf(Network(5))
            .Where(item => item.Name != "1.bias")
            .ToDictionary(item => item.Name, item => item.Tensor);
        values["extra"] = zeros(1);

        var error = Assert.Throws<SocoDataException>(() => StateLoading.Load(StateLoading.TensorsOf(target), values, "w.pth"));

        Assert.Equal(
            "w.pth does not fit this model (1 tensors match): 1 missing (1.bias); 1 unexpected (extra); 5 misshaped (0.weight is [5, 3] but must be [4, 3], "
                + "0.bias is [5] but must be [4], 1.weight is [5] but must be [4], 1.running_mean is [5] but must be [4], "
                + "1.running_var is [5] but must be [4]). Take the file of a model with the same architecture and method.",
            error.Message
        );
        Assert.True(before.bytes.SequenceEqual(target.parameters().First().detach().bytes));
    }

    [Fact]
    public void Long_lists_are_cut_short_with_their_counts()
    {
        var match = new StateMatch("w", [], [.. Enumerable.Range(0, 9).Select(i => $"m{i}")], [], []);

        Assert.Contains("9 missing (m0, m1, m2, m3, m4, ...)", match.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void When_not_strict_what_matches_is_loaded_and_the_rest_told()
    {
        var target = Network(4);
        var values = new Dictionary<string, Tensor>
        {
            ["0.bias"] = full(4, 7f),
            ["0.weight"] = zeros(1),
            ["extra"] = zeros(1),
        };

        StateMatch match = StateLoading.Load(StateLoading.TensorsOf(target), values, "w", strict: false);

        Assert.Equal(["0.bias"], match.Matched);
        Assert.Equal((5, 1, 1), (match.Missing.Count, match.Unexpected.Count, match.Misshaped.Count));
        Assert.Equal([7f, 7f, 7f, 7f], target.get_parameter("0.bias")!.detach().data<float>().ToArray());
    }

    [Fact]
    public void When_nothing_matches_even_a_lenient_load_is_an_error() =>
        Assert.Throws<SocoDataException>(() =>
            StateLoading.Load(StateLoading.TensorsOf(Network(4)), new Dictionary<string, Tensor> { ["x"] = zeros(1) }, "w", strict: false)
        );

    private static TorchSharp.Modules.Sequential Network(int width) => nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width));
}
