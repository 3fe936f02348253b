using System.Diagnostics;
using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Benchmarks;

/// <summary>
/// <c>evaluate [--images 5000] [--threads 1] [--rounds 3] [--folder DIR]</c>: COCO evaluation of boxes and of masks on a set as large as
/// val2017 (<see cref="EvaluationSet"/>), and the reading of its files. Peer: pycocotools on the same files, once, on one core; the largest
/// difference of the twelve numbers is told as well. The files stay where a folder is named.
/// </summary>
internal static class EvaluateBenchmark
{
    public static void Run(BenchmarkRun run)
    {
        int images = run.Number("images", 5000),
            threads = run.Number("threads", 1),
            rounds = run.Number("rounds", 3);
        string given = run.Text("folder", "");
        string folder =
            given.Length > 0 ? Directory.CreateDirectory(given).FullName : Directory.CreateTempSubdirectory("soco-evaluate-").FullName;
        (string truthPath, string detectionsPath) = (Path.Combine(folder, "instances.json"), Path.Combine(folder, "detections.json"));
        try
        {
            (CocoDataset truth, CocoDetection[] detections) = EvaluationSet.Draw(images, seed: 0);
            CocoWriter.Save(truth, truthPath);
            CocoResults.Save(detections, detectionsPath);
            string config = $"{images} images, {truth.Annotations.Count} objects, {detections.Length} detections";
            var reading = new List<double>();
            for (int round = 0; round < rounds; round++)
            {
                reading.Add(Seconds(() => CocoResults.Read(detectionsPath, CocoReader.Read(truthPath))));
            }

            JsonElement? peer = run.HasPeers ? run.Peer("evaluate.py", truthPath, detectionsPath) : null;
            string? name = peer?.GetProperty("peer").GetString();
            double megabytes = (new FileInfo(truthPath).Length + new FileInfo(detectionsPath).Length) / 1e6;
            run.Report(
                $"read, {config}, {megabytes:0} MB",
                1,
                BenchmarkRun.Median(reading),
                "s",
                name,
                peer?.GetProperty("read_s").GetDouble()
            );
            foreach ((IouType type, string label) in new[] { (IouType.Box, "bbox"), (IouType.Mask, "segm") })
            {
                var options = new CocoEvaluationOptions { Threads = threads };
                CocoMetrics metrics = CocoEvaluator.Evaluate(truth, detections, type, options);
                var seconds = new List<double>();
                for (int round = 0; round < rounds; round++)
                {
                    seconds.Add(Seconds(() => CocoEvaluator.Evaluate(truth, detections, type, options)));
                }

                run.Report(
                    $"{label}, {config}",
                    threads,
                    BenchmarkRun.Median(seconds),
                    "s",
                    name,
                    peer?.GetProperty(label + "_s").GetDouble()
                );
                if (peer is { } known)
                {
                    double[] stats = [.. known.GetProperty(label + "_stats").EnumerateArray().Select(value => value.GetDouble())];
                    run.Report(
                        $"{label}, largest difference of the twelve numbers",
                        threads,
                        stats.Select((value, i) => Math.Abs(value - metrics.Numbers[i].Value)).Max(),
                        "of 1"
                    );
                }
            }
        }
        finally
        {
            if (given.Length == 0)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static double Seconds(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }
}
