using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Random;
using Soco.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Runs;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly RunFolder _folder;
    private readonly CheckpointStore _store;

    public CheckpointStoreTests()
    {
        _folder = RunFolder.Create(_temporary.File("run"));
        _store = new CheckpointStore(_folder, keepEverySteps: 0);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void Tensors_and_state_come_back_to_the_bit()
    {
        var model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6));
        (string, Tensor)[] optimizer = [("momentum", rand(30)), ("steps", tensor(7L))];
        _store.Save(StateAt(12), Checkpoint.Named(StateLoading.TensorsOf(model), optimizer));

        var restored = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6));
        (string, Tensor)[] restoredOptimizer = [("momentum", zeros(30)), ("steps", tensor(0L))];
        using Checkpoint checkpoint = _store.OpenLast(Assert.Fail)!;
        checkpoint.Restore(Checkpoint.Named(StateLoading.TensorsOf(restored), restoredOptimizer));

        Assert.Equal(StateAt(12), checkpoint.State);
        Assert.All(
            StateLoading.TensorsOf(model).Concat(optimizer).Zip(StateLoading.TensorsOf(restored).Concat(restoredOptimizer)),
            pair => Assert.True(pair.First.Item2.detach().bytes.SequenceEqual(pair.Second.Item2.detach().bytes), pair.First.Item1)
        );
    }

    [Fact]
    public void A_checkpoint_of_another_model_changes_nothing_not_even_what_fits()
    {
        _store.Save(StateAt(1), Checkpoint.Named([("a", ones(2)), ("b", ones(2))], [("m", ones(2))]));
        Tensor a = zeros(2);
        using Checkpoint checkpoint = _store.OpenLast(Assert.Fail)!;

        var error = Assert.Throws<SocoDataException>(() =>
            checkpoint.Restore(Checkpoint.Named([("a", a), ("b", zeros(3))], [("m", zeros(2))]))
        );

        Assert.Contains("1 misshaped (model.b is [2] but must be [3])", error.Message, StringComparison.Ordinal);
        Assert.Equal(0f, a.sum().item<float>());
    }

    [Fact]
    public void A_fingerprint_tells_names_and_their_order_apart()
    {
        Assert.Equal(DatasetFingerprint.Of(["a", "b"]), DatasetFingerprint.Of(["a", "b"]));
        Assert.NotEqual(DatasetFingerprint.Of(["a", "b"]), DatasetFingerprint.Of(["b", "a"]));
        Assert.NotEqual(DatasetFingerprint.Of(["ab"]), DatasetFingerprint.Of(["a", "b"]));
        Assert.Equal(2, DatasetFingerprint.Of(["a", "b"]).Count);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_found_and_the_checkpoint_before_it_is_taken()
    {
        _store.Save(StateAt(1), Checkpoint.Named([("a", ones(200))], [("m", ones(3))]));
        string path = _store.Save(StateAt(2), Checkpoint.Named([("a", ones(200))], [("m", ones(3))]));
        byte[] whole = File.ReadAllBytes(path);
        var random = new CounterRandom(1, 0, 0, 0);
        for (int trial = 0; trial < 300; trial++)
        {
            byte[] flipped = [.. whole];
            int at = (int)(random.NextDouble() * whole.Length);
            flipped[at] ^= (byte)(1 << trial % 8);
            File.WriteAllBytes(path, flipped);
            var damaged = new List<string>();
            using Checkpoint checkpoint = _store.OpenLast(damaged.Add)!;
            Assert.True(checkpoint.State.Step == 1 && damaged.Count == 1, $"bit {trial % 8} of byte {at}: step {checkpoint.State.Step}");
            Assert.StartsWith(path, damaged[0]);
        }

        // With none left there is no silent start from nothing.
        File.WriteAllBytes(_folder.CheckpointPath(1), whole[..^7]);
        var error = Assert.Throws<SocoDataException>(() => _store.OpenLast(_ => { }));
        Assert.Contains("None of the checkpoints in", error.Message);
    }

    [Fact]
    public void A_fingerprint_tells_contents_and_proposals_apart()
    {
        DatasetFingerprint names = DatasetFingerprint.Of(["a", "b"]);
        DatasetFingerprint begun = names.WithContents(place => [(byte)place, 7]).WithBoxes(place => [new BoxXywh(place, 2, 3, 4)]);
        Assert.Null(begun.DifferenceTo(begun));
        Assert.Null(names.DifferenceTo(begun));
        Assert.Contains("other contents", begun.DifferenceTo(names.WithContents(place => [(byte)place, 8])));
        Assert.Contains("other proposals", begun.DifferenceTo(begun.WithBoxes(place => [new BoxXywh(place, 2, 3, 5)])));
        Assert.Contains("trained on 2 images, and these are 1", begun.DifferenceTo(DatasetFingerprint.Of(["a"])));
    }

    internal static TrainingState StateAt(long step) =>
        new()
        {
            Step = step,
            Epoch = 3,
            StepInEpoch = 2,
            EmaStep = step + 1,
            EvaluatedStep = step - 1,
            BestScore = 0.25,
            BestStep = step - 1,
            Seed = long.MaxValue,
            Batch = 32,
            Recipe = new PretrainingRecipe().ToYaml(),
            Dataset = DatasetFingerprint.Of(["one.jpg", "zwei ü.jpg"]),
        };
}
