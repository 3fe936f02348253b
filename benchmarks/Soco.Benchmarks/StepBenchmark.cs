using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Soco.Optimization;
using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Vision.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// <c>step [--recipe NAME] [--batch N] [--threads N] [--rounds N] [--steps N]</c>: one whole training step (views, both networks, backward,
/// LARS) of a recipe's network and view sizes on random images, dense and sparse, float32 and bfloat16, with the GEMM ceiling measured
/// beside it. Peer: the published step with the same network in plain PyTorch (dense, float32), in turns.
/// </summary>
internal static class StepBenchmark
{
    private static readonly (string Name, LevelAssignment Assignment, bool Bfloat16)[] s_forms =
    [
        ("dense fp32", LevelAssignment.Dense, false),
        ("sparse fp32", LevelAssignment.Sparse, false),
        ("sparse bf16", LevelAssignment.Sparse, true),
    ];

    public static void Run(BenchmarkRun run)
    {
        (string Name, LevelAssignment Assignment, bool Bfloat16)[] forms = [.. s_forms.Where(form => !form.Bfloat16 || run.HasBfloat16)];
        string name = run.Text("recipe", "soco-fpn-100");
        PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>(name);
        SocoModelOptions options = SocoModelOptions.Of(recipe);
        int batch = run.Number("batch", 8),
            threads = run.Number("threads", 2),
            steps = run.Number("steps", 3);
        int[] sides = [recipe.Views.Size, recipe.Views.Size, recipe.Views.View3Size];
        set_num_threads(threads);
        run.Report("GEMM 2048, fp32", threads, GemmCeiling(ScalarType.Float32), "GFLOP/s");
        if (run.HasBfloat16)
        {
            run.Report("GEMM 2048, bf16", threads, GemmCeiling(ScalarType.BFloat16), "GFLOP/s");
        }

        var seconds = forms.ToDictionary(form => form.Name, _ => new List<double>());
        List<double> theirs = [];
        double peerPeak = 0;
        string? peer = null;
        for (int round = 0; round < run.Number("rounds", 2); round++)
        {
            foreach ((string form, LevelAssignment assignment, bool bfloat16) in forms)
            {
                seconds[form].AddRange(Measure(options with { Assignment = assignment, Bfloat16 = bfloat16 }, batch, sides, steps));
            }

            if (run.HasPeers)
            {
                JsonElement result = run.Peer(
                    "step.py",
                    [
                        "--arch",
                        options.Arch,
                        "--width",
                        options.Width.ToString(CultureInfo.InvariantCulture),
                        "--views",
                        string.Join(',', sides),
                        "--batch",
                        $"{batch}",
                        "--threads",
                        $"{threads}",
                        "--steps",
                        $"{steps}",
                        "--fpn",
                        $"{options.FpnChannels}",
                        "--head",
                        $"{options.HeadChannels}",
                        "--fc",
                        $"{options.HeadFc}",
                        "--hidden",
                        $"{options.ProjectorHidden}",
                        "--embedding",
                        $"{options.ProjectorOut}",
                    ]
                );
                theirs.AddRange(result.GetProperty("seconds").EnumerateArray().Select(e => e.GetDouble()));
                peerPeak = result.GetProperty("peak_mib").GetDouble();
                peer = $"the published step in PyTorch {result.GetProperty("torch").GetString()}, dense fp32";
            }
        }

        string what =
            $"{name} ({options.Arch}{(options.Width == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" of width {options.Width}"))}), views {string.Join(", ", sides)}, batch {batch}";
        foreach ((string form, _, _) in forms)
        {
            run.Report(
                $"{what}, {form}",
                threads,
                batch / BenchmarkRun.Median(seconds[form]),
                "images/s",
                peer,
                peer is null ? null : batch / BenchmarkRun.Median(theirs)
            );
        }

        run.Report($"{what}, peak memory of all forms", threads, BenchmarkRun.PeakMiB(), "MiB", peer, peer is null ? null : peerPeak);
    }

    private static List<double> Measure(SocoModelOptions options, int batch, int[] sides, int steps)
    {
        manual_seed(0);
        using var model = new SocoModel(options);
        using var lars = new Lars(model.TrainableParameters(), 0.9, 1e-5, 0.001);
        model.train();
        var seconds = new List<double>();
        for (int step = 0; step <= steps; step++)
        {
            using SocoBatch data = RandomBatch(batch, sides);
            var clock = Stopwatch.StartNew();
            model.UpdateTarget(0.99);
            model.Learn(data);
            lars.Step(0.01);
            lars.ZeroGradients();
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        return seconds[1..];
    }

    private static double GemmCeiling(ScalarType type)
    {
        const int Side = 2048;
        using DisposeScope scope = NewDisposeScope();
        Tensor a = randn(Side, Side).to_type(type),
            b = randn(Side, Side).to_type(type);
        double best = double.MaxValue;
        for (int i = 0; i < 8; i++)
        {
            var clock = Stopwatch.StartNew();
            using Tensor product = a.mm(b);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return 2.0 * Side * Side * Side / best / 1e9;
    }

    private static SocoBatch RandomBatch(int batch, int[] sides)
    {
        Tensor[] views = [.. sides.Select(side => randn(batch, 3, side, side))];
        var random = new CounterRandom(0, 0, 0, 0);
        BoxSet[] sets = [.. Enumerable.Range(0, 3).Select(_ => Boxes(ref random, batch))];
        return new SocoBatch(views, [new ViewPair(1, sets[0], sets[1]), new ViewPair(2, sets[0], sets[2])]);
    }

    private static BoxSet Boxes(ref CounterRandom random, int batch)
    {
        var corners = new List<float>();
        for (int box = 0; box < 4 * batch; box++)
        {
            double x = random.Uniform(0, 0.5),
                y = random.Uniform(0, 0.5);
            corners.AddRange([(float)x, (float)y, (float)(x + random.Uniform(0.1, 0.5)), (float)(y + random.Uniform(0.1, 0.5))]);
        }

        int[] all = [.. Enumerable.Range(0, 4 * batch)];
        return new BoxSet(batch, 4, [.. corners], [.. all.Select(box => box % 4)], [.. all.Select(box => box % 4)]);
    }
}
