using System.Diagnostics;
using System.Text.Json;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;

namespace Soco.Benchmarks;

/// <summary>
/// <c>views [--images FOLDER] [--rounds N]</c>: images a second, on one thread, from the bytes of a JPEG near 500x375 to the numbers that a
/// network sees of V1, V2 and V3, with boxes and the whole color chain, as the published recipe draws them. Peer: Pillow and torchvision's
/// transforms with the same chain, over the same files, in turns.
/// </summary>
internal static unsafe class ViewsBenchmark
{
    private const double UsualPixels = 500 * 375;

    public static void Run(BenchmarkRun run)
    {
        string folder = run.Text("images", "../shared/data/imagenet-sample");
        (string Path, byte[] Bytes)[] files =
        [
            .. Directory
                .EnumerateFiles(folder, "*.jpg")
                .Concat(Directory.EnumerateFiles(folder, "*.JPEG"))
                .Order(StringComparer.Ordinal)
                .Select(path => (path, File.ReadAllBytes(path)))
                .Where(file => Math.Abs(Pixels(file.Item2, file.path) / UsualPixels - 1) <= 0.2)
                .Take(64),
        ];
        var sampler = new ViewSampler(Recipe.Load<PretrainingRecipe>("soco-fpn-400"));
        List<double> ours = [],
            theirs = [];
        string? peer = null;
        for (int round = 0; round < 3; round++)
        {
            Measure(sampler, files, round);
            // The runtime swaps compiled code in from another thread.
            Thread.Sleep(300);
        }

        for (int round = 0; round < run.Number("rounds", 3); round++)
        {
            ours.Add(Measure(sampler, files, round));
            if (run.HasPeers)
            {
                JsonElement result = run.Peer("views.py", [.. files.Select(file => file.Path)]);
                theirs.Add(result.GetProperty("images_per_s").GetDouble());
                peer = result.GetProperty("peer").GetString();
            }
        }

        run.Report(
            $"{files.Length} JPEG near 500x375 to views 224, 224, 112",
            1,
            BenchmarkRun.Median(ours),
            "images/s",
            peer,
            peer is null ? null : BenchmarkRun.Median(theirs)
        );
    }

    private static double Measure(ViewSampler sampler, (string Path, byte[] Bytes)[] files, int epoch)
    {
        BoxXywh[] boxes =
        [
            new(20, 30, 150, 120),
            new(100, 60, 200, 160),
            new(10, 10, 120, 200),
            new(200, 100, 150, 150),
            new(50, 80, 180, 90),
        ];
        float[] values = new float[3 * sampler.Sides[0] * sampler.Sides[0]];
        var clock = Stopwatch.StartNew();
        fixed (float* target = values)
        {
            for (int i = 0; i < files.Length; i++)
            {
                RgbImage image = ImageDecoder.Decode(files[i].Bytes, files[i].Path);
                Sample sample = sampler.Make(image, boxes, epoch, i);
                image.Recycle();
                foreach (View view in sample.Views)
                {
                    NormalizedPixels.Write(view.Image, target, view.Image.Width, view.Image.Width * view.Image.Height);
                    view.Image.Recycle();
                }
            }
        }

        return files.Length / clock.Elapsed.TotalSeconds;
    }

    private static double Pixels(byte[] bytes, string path)
    {
        RgbImage image = ImageDecoder.Decode(bytes, path);
        return image.Width * (double)image.Height;
    }
}
