using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Soco.Checkpoints;
using Soco.Checkpoints.Export;
using Soco.Pretraining;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// Loading all of a pretraining checkpoint of ResNet-50, about 400 MB: Soco against <c>torch.load</c>, and against <c>pickle.load</c> for
/// detectron2's form of it. Each in a process of its own, in turn, the file in the page cache.
/// </summary>
internal static class LoadBenchmark
{
    private const int Rounds = 5;

    public static void Run(string python, string? resultFile)
    {
        string folder = Directory.CreateTempSubdirectory("soco-load-").FullName;
        try
        {
            var results = new Dictionary<string, object> { ["cores"] = Environment.ProcessorCount, ["rounds"] = Rounds };
            foreach ((ExportFormat format, string name) in new[] { (ExportFormat.Soco, "checkpoint.pth"), (ExportFormat.Detectron2, "checkpoint.pkl") })
            {
                string file = Path.Combine(folder, name);
                WriteCheckpoint(folder, format, file);
                results[name] = Compare(python, file);
            }

            if (resultFile is not null)
            {
                File.WriteAllText(resultFile, JsonSerializer.Serialize(results, new JsonSerializerOptions { WriteIndented = true }) + "\n");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Loads a file and prints what it took; a process for itself, so that the peak is this file's.</summary>
    public static void RunOnce(string file)
    {
        zeros(1).Dispose();
        // The peak of loading libtorch is not the file's.
        File.WriteAllText("/proc/self/clear_refs", "5");
        double before = MemoryMebibytes("VmRSS:");
        var clock = Stopwatch.StartNew();
        using WeightsFile weights = WeightsFile.Open(file);
        double opened = clock.Elapsed.TotalSeconds;
        Tensor[] tensors = [.. weights.Stored.Names.Select(weights.Stored.Read)];
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            seconds = clock.Elapsed.TotalSeconds,
            opened_seconds = opened,
            peak_mib = MemoryMebibytes("VmHWM:") - before,
            tensors = tensors.Length,
        }));
    }

    private static object Compare(string python, string file)
    {
        List<JsonElement> soco = [], peer = [];
        for (int round = 0; round < Rounds; round++)
        {
            soco.Add(Child(Environment.ProcessPath!, "load-once", file));
            peer.Add(Child(python, Path.Combine(AppContext.BaseDirectory, "peers", "load_weights.py"), file));
        }

        double length = new FileInfo(file).Length / 1048576.0;
        double ours = Median(soco, "seconds"), theirs = Median(peer, "seconds");
        string version = peer[0].GetProperty("torch").GetString()!;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(file)}, {length:0} MiB, {soco[0].GetProperty("tensors")} tensors: soco {ours:0.000} s (its names after {Median(soco, "opened_seconds"):0.000} s), "
            + $"{Median(soco, "peak_mib"):0} MiB; Python with PyTorch {version} {theirs:0.000} s, {Median(peer, "peak_mib"):0} MiB; peer / soco {theirs / ours:0.00}"));
        return new
        {
            file_mib = Math.Round(length, 1),
            soco_s = Math.Round(ours, 4),
            soco_opened_s = Math.Round(Median(soco, "opened_seconds"), 4),
            soco_peak_mib = Math.Round(Median(soco, "peak_mib"), 1),
            peer = version,
            peer_s = Math.Round(theirs, 4),
            peer_peak_mib = Math.Round(Median(peer, "peak_mib"), 1),
        };
    }

    private static void WriteCheckpoint(string folder, ExportFormat format, string file)
    {
        string source = Path.Combine(folder, "source.safetensors");
        if (!File.Exists(source))
        {
            using var model = new SocoModel(new SocoModelOptions());
            SafetensorsWriter.Write(source, StateLoading.TensorsOf(model));
        }

        using WeightsFile weights = WeightsFile.Open(source);
        WeightsExport.Write(weights, format, ExportPart.All, file);
    }

    private static JsonElement Child(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<JsonElement>(output)
            : throw new SocoRunException($"{program} {string.Join(' ', arguments)} failed; the peer needs torch.");
    }

    private static double Median(List<JsonElement> runs, string property) =>
        runs.Select(run => run.GetProperty(property).GetDouble()).Order().ElementAt(runs.Count / 2);

    private static double MemoryMebibytes(string which) =>
        double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(which, StringComparison.Ordinal)).Split(' ')[^2], CultureInfo.InvariantCulture) / 1024;
}
