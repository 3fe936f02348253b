using Soco.Pretraining.Model;
using Soco.Vision.Random;
using static TorchSharp.torch;

namespace Soco.Tests.Pretraining.Model;

/// <summary>Small networks and batches for the tests of learning.</summary>
internal static class SmallBatches
{
    public static readonly SocoModelOptions Options = new()
    {
        Arch = "resnet18",
        FpnChannels = 16,
        HeadChannels = 16,
        HeadFc = 32,
        ProjectorHidden = 32,
        ProjectorOut = 16,
    };

    /// <summary>The same network for the same seed, with the residual branches open, as they are after some training.</summary>
    public static SocoModel NewModel(SocoModelOptions options, int seed = 1)
    {
        manual_seed(seed);
        var model = new SocoModel(options);
        using IDisposable guard = no_grad();
        foreach ((string name, var parameter) in model.TrainableParameters())
        {
            if (parameter.dim() == 1 && name.EndsWith("weight", StringComparison.Ordinal))
            {
                parameter.uniform_(0.5, 1.5);
            }
        }

        model.CopyOnlineToTarget();
        return model;
    }

    /// <summary>
    /// Views of 64, 64 and 48 pixels of random images; the third shares the first view's boxes. Four boxes an image, on all levels.
    /// </summary>
    public static SocoBatch Batch(int images = 3, int perImage = 4, int views = 3, int seed = 2)
    {
        manual_seed(seed);
        int[] sides = [64, 64, 48, 64];
        BoxSet first = Boxes(images, perImage, (ulong)seed);
        return new SocoBatch(
            [.. sides.Take(views).Select(side => randn(images, 3, side, side))],
            [.. Enumerable.Range(1, views - 1).Select(view => new ViewPair(view, first, Boxes(images, perImage, (ulong)(seed + view))))]
        );
    }

    public static BoxSet Boxes(int images, int perImage, ulong seed)
    {
        var random = new CounterRandom(seed, 0, 0, 0);
        int count = images * perImage;
        var corners = new List<float>();
        for (int box = 0; box < count; box++)
        {
            double w = random.Uniform(0.2, 0.8),
                h = random.Uniform(0.2, 0.8),
                x = random.Uniform(0, 1 - w),
                y = random.Uniform(0, 1 - h);
            corners.AddRange([(float)x, (float)y, (float)(x + w), (float)(y + h)]);
        }

        return new BoxSet(
            images,
            perImage,
            [.. corners],
            [.. Enumerable.Range(0, count).Select(box => box % perImage + 1)],
            [.. Enumerable.Range(0, count).Select(box => (box + (int)seed) % 4)]
        );
    }

    public static SocoBatch Part(SocoBatch batch, int from, int images)
    {
        BoxSet Cut(BoxSet set) =>
            new(
                images,
                set.PerImage,
                set.Corners[(4 * set.PerImage * from)..(4 * set.PerImage * (from + images))],
                set.Ids[(set.PerImage * from)..(set.PerImage * (from + images))],
                set.Levels[(set.PerImage * from)..(set.PerImage * (from + images))]
            );
        var cut = batch.Pairs.Select(pair => pair.First).Distinct().ToDictionary(set => set, Cut);
        return new SocoBatch(
            [.. batch.Views.Select(view => view.narrow(0, from, images).contiguous())],
            [.. batch.Pairs.Select(pair => new ViewPair(pair.View, cut[pair.First], Cut(pair.Other)))]
        );
    }

    public static Dictionary<string, Tensor> Gradients(SocoModel model) =>
        model.TrainableParameters().Where(p => p.Parameter.grad is not null).ToDictionary(p => p.Name, p => p.Parameter.grad!.clone());

    public static void Forget(SocoModel model)
    {
        foreach ((_, var parameter) in model.TrainableParameters())
        {
            parameter.grad = null;
        }
    }

    /// <summary>Asserts that two sets of gradients agree to a share of each one's size.</summary>
    public static void AssertClose(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual, double tolerance)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        double largest = expected.Values.Max(gradient => gradient.norm().item<float>());
        Assert.True(largest > 0);
        Assert.All(
            expected.Keys,
            name =>
            {
                double size = expected[name].norm().item<float>(),
                    difference = (expected[name] - actual[name]).norm().item<float>();
                Assert.True(difference <= tolerance * size + 1e-6 * largest, $"{difference} of {size}");
            }
        );
    }
}
