using System.Reflection;
using System.Runtime.InteropServices;

namespace Soco.Runs;

/// <summary>What a run was made on.</summary>
internal sealed record Machine
{
    private const string ProcessorInformation = "/proc/cpuinfo";

    /// <summary>The processor's name, where the system tells it.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Logical cores.</summary>
    public int Cores { get; init; }

    /// <summary>Memory in GiB.</summary>
    public double MemoryGib { get; init; }

    /// <summary>The operating system.</summary>
    public string System { get; init; } = "";

    /// <summary>The .NET runtime.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>The version of Soco, with the commit it was built from.</summary>
    public static string SocoVersion { get; } =
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>The machine that this process runs on.</summary>
    public static Machine This() =>
        new()
        {
            Processor = NameOfProcessor(),
            Cores = Environment.ProcessorCount,
            MemoryGib = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
            System = RuntimeInformation.OSDescription,
            Runtime = RuntimeInformation.FrameworkDescription,
        };

    private static string NameOfProcessor()
    {
        string? line = File.Exists(ProcessorInformation)
            ? File.ReadLines(ProcessorInformation).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':')[^1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
