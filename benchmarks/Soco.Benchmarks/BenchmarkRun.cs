using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Soco.Recipes;
using Soco.Tensors;
using Soco.Vision;

namespace Soco.Benchmarks;

/// <summary>
/// One benchmark's options, its peers and its results: a JSON object a line, and all of them in a file with <c>--out</c>.
/// </summary>
/// <param name="name">The benchmark.</param>
/// <param name="arguments">
/// <c>--option value</c> pairs; each benchmark asks for those it knows, <c>--python</c> (or <c>none</c>) and <c>--out</c> are everyone's.
/// </param>
internal sealed class BenchmarkRun(string name, string[] arguments)
{
    private static readonly JsonSerializerOptions s_line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly JsonSerializerOptions s_file = new(s_line) { WriteIndented = true };

    private readonly List<Result> _results = [];
    private bool _toldOfBfloat16;

    private sealed record Result(
        string Benchmark,
        string Config,
        int Threads,
        double Value,
        string Unit,
        string? Peer,
        double? PeerValue,
        double? Ratio
    );

    /// <summary>Whether peers run: not with <c>--python none</c>.</summary>
    public bool HasPeers => Python != "none";

    /// <summary>
    /// Whether bfloat16 is worth measuring; the first question says where it is not: without units for it a product takes up to 245 times
    /// as long.
    /// </summary>
    public bool HasBfloat16
    {
        get
        {
            bool has = NumberFormats.HasBfloat16Units(ComputeDevice.Cpu);
            if (!has && !_toldOfBfloat16)
            {
                Console.Error.WriteLine("This processor has no units for bfloat16: its forms are left out.");
                _toldOfBfloat16 = true;
            }

            return has;
        }
    }

    private string Python => Text("python", "/usr/bin/python3");

    /// <summary>The text of an option.</summary>
    public string Text(string option, string otherwise)
    {
        int at = Array.IndexOf(arguments, $"--{option}");
        return at < 0 ? otherwise
            : at + 1 < arguments.Length ? arguments[at + 1]
            : throw new SocoRequestException($"--{option} needs a value.");
    }

    /// <summary>The whole number of an option.</summary>
    public int Number(string option, int otherwise) =>
        int.TryParse(Text(option, $"{otherwise}"), CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new SocoRequestException($"--{option} needs a whole number.");

    /// <summary>Prints a result and keeps it for the file.</summary>
    /// <param name="config">What was measured.</param>
    /// <param name="threads">Threads it ran on.</param>
    /// <param name="value">The median.</param>
    /// <param name="unit">Its unit; one that ends in <c>/s</c> is better when larger, any other when smaller.</param>
    /// <param name="peer">Name and version of the peer, where there is one.</param>
    /// <param name="peerValue">The peer's median in the same unit.</param>
    public void Report(string config, int threads, double value, string unit, string? peer = null, double? peerValue = null)
    {
        double? ratio = peerValue is double other
            ? Math.Round(unit.EndsWith("/s", StringComparison.Ordinal) ? value / other : other / value, 2)
            : null;
        var result = new Result(
            name,
            config,
            threads,
            Rounded(value),
            unit,
            peer,
            peerValue is double known ? Rounded(known) : null,
            ratio
        );
        _results.Add(result);
        Console.WriteLine(JsonSerializer.Serialize(result, s_line));
    }

    /// <summary>Runs a script of <c>benchmarks/peers</c> and reads the JSON object that it prints last.</summary>
    /// <exception cref="SocoRunException">It failed, most likely for want of a package.</exception>
    public JsonElement Peer(string script, params string[] scriptArguments)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "peers", script);
        var start = new ProcessStartInfo(Python, [path, .. scriptArguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement
            : throw new SocoRunException(
                $"{Python} {path} failed; its first lines say what it needs, and --python none leaves the peer out."
            );
    }

    /// <summary>Runs one of these benchmarks in a process of its own and reads the JSON object that it prints.</summary>
    public static JsonElement Alone(string benchmark, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [benchmark, .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>Prints what <see cref="Alone"/> reads.</summary>
    public static void Answer(Dictionary<string, double> numbers) => Console.WriteLine(JsonSerializer.Serialize(numbers));

    /// <summary>Writes the results where <c>--out</c> says, with the machine and the commit.</summary>
    public void Save()
    {
        string file = Text("out", "");
        if (file.Length > 0 && _results.Count > 0)
        {
            var document = new
            {
                Command = $"dotnet run -c Release --project benchmarks/Soco.Benchmarks -- {name} {string.Join(' ', arguments)}",
                Commit = typeof(Program)
                    .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                    ?.InformationalVersion.Split('+')[^1],
                Machine = Machine(),
                Results = _results,
            };
            File.WriteAllText(file, JsonSerializer.Serialize(document, s_file) + "\n");
        }
    }

    /// <summary>The middle value.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Most memory that this process held, in MiB.</summary>
    public static double PeakMiB() => Process.GetCurrentProcess().PeakWorkingSet64 / (1024.0 * 1024);

    /// <summary>
    /// What the system says of this process's memory, in MiB: <c>VmRSS:</c> now, <c>VmHWM:</c> at most since <see cref="ForgetPeak"/>.
    /// </summary>
    public static double MemoryMiB(string which) =>
        double.Parse(
            File.ReadLines("/proc/self/status").First(line => line.StartsWith(which, StringComparison.Ordinal)).Split(' ')[^2],
            CultureInfo.InvariantCulture
        ) / 1024;

    /// <summary>Counts the most memory from here on.</summary>
    public static void ForgetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static double Rounded(double value) =>
        value == 0 || !double.IsFinite(value)
            ? value
            : double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Machine()
    {
        const string Information = "/proc/cpuinfo";
        string model = File.Exists(Information)
            ? File.ReadLines(Information)
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':')[^1]
                .Trim()
                ?? "unknown processor"
            : "unknown processor";
        return $"{Environment.ProcessorCount} cores of {model}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30)} GiB, {Environment.OSVersion}";
    }
}
