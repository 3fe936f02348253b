using CsCheck;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Random;

namespace Soco.Tests.Pretraining.Views;

/// <summary>Small recipes, images and samples for the tests of views.</summary>
internal static class ViewSamples
{
    public static readonly ColorRecipe NoColors = new()
    {
        JitterProbability = 0,
        GreyProbability = 0,
        BlurProbability = new(0, 0),
        SolarizeProbability = new(0, 0),
    };

    /// <summary>Views of 64, 64 and 32 (and 48) pixels.</summary>
    public static readonly PretrainingRecipe Small = new()
    {
        Views = new()
        {
            Size = 64,
            View3Size = 32,
            View4Size = 48,
        },
    };

    /// <summary>As <see cref="Small"/>, without colors and box jitter: only geometry is left.</summary>
    public static readonly PretrainingRecipe Plain = Small with
    {
        Color = NoColors,
        Boxes = new() { JitterProbability = 0 },
    };

    /// <summary>Four boxes on an image of 160x120, some near its edges.</summary>
    public static readonly BoxXywh[] Boxes = [new(10, 12, 50, 40), new(90, 60, 60, 50), new(40, 30, 70, 66), new(100, 5, 40, 44)];

    public static RgbImage Noise(int width, int height, ulong seed = 1)
    {
        var random = new CounterRandom(seed, 0, 0, 0);
        var image = new RgbImage(width, height);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)random.NextInt(256);
        }

        return image;
    }

    public static RgbImage Painted(int width, int height, Func<int, int, (byte R, byte G, byte B)> color)
    {
        var image = new RgbImage(width, height);
        for (int y = 0, i = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (image.Pixels[i++], image.Pixels[i++], image.Pixels[i++]) = color(x, y);
            }
        }

        return image;
    }

    /// <summary>Boxes inside an image of 160x120, none to <paramref name="most"/> of them.</summary>
    public static Gen<BoxXywh[]> BoxLists(int most) =>
        Gen.Select(Gen.Int[0, 150], Gen.Int[0, 110], Gen.Int[4, 160], Gen.Int[4, 120])
            .Select(t => new BoxXywh(t.Item1, t.Item2, Math.Min(t.Item3, 160 - t.Item1), Math.Min(t.Item4, 120 - t.Item2)))
            .Array[0, most];

    /// <summary>Everything that a sample holds, as text and numbers that can be compared.</summary>
    public static string Fingerprint(Sample sample)
    {
        IEnumerable<string> views = sample.Views.Select(view =>
            $"{view.Number}: {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(view.Image.Pixels))} {string.Join(' ', view.Cutouts)}"
        );
        IEnumerable<string> pairs = sample.Pairs.Select(pair =>
            $"{pair.View}: {string.Join(' ', pair.First)} | {string.Join(' ', pair.Other)}"
        );
        return string.Join('\n', views.Concat(pairs));
    }

    /// <summary>Asserts that a count of successes lies within five standard deviations of its mean.</summary>
    public static void AssertBinomial(double probability, int tries, int successes, string what)
    {
        double mean = probability * tries,
            deviation = Math.Sqrt(tries * probability * (1 - probability));
        Assert.True(
            Math.Abs(successes - mean) <= 5 * deviation,
            $"{what}: {successes} of {tries}, expected {mean:f0} +- {5 * deviation:f0}"
        );
    }
}
