using System.Text;
using Soco.Vision.Random;

namespace Soco.TestSupport;

/// <summary>
/// Where the reference numbers and the photographs are, and the fill that makes a tensor from its name (golden/README.md).
/// </summary>
internal static class GoldenFiles
{
    /// <summary>The folder in SOCO_GOLDEN, or the copy beside the tests.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("SOCO_GOLDEN") is { Length: > 0 } given
            ? given
            : Path.Combine(AppContext.BaseDirectory, "Golden");

    /// <summary>The folder in SOCO_IMAGES, or ../shared/data/imagenet-sample beside the checkout; it may be absent.</summary>
    public static string Images { get; } =
        Environment.GetEnvironmentVariable("SOCO_IMAGES") is { Length: > 0 } given
            ? given
            : FindBesideCheckout(Path.Combine("shared", "data", "imagenet-sample"));

    /// <summary>The COCO annotations in SOCO_COCO, or ../shared/data/coco-mini's val2017 beside the checkout; they may be absent.</summary>
    public static string Coco { get; } =
        Environment.GetEnvironmentVariable("SOCO_COCO") is { Length: > 0 } given
            ? given
            : Path.Combine(FindBesideCheckout(Path.Combine("shared", "data", "coco-mini")), "annotations", "instances_val2017.json");

    /// <summary>Every golden file whose name matches the pattern, in name order; at least one, or the test cannot speak.</summary>
    public static IEnumerable<string> Matching(string pattern)
    {
        string[] files = Directory.GetFiles(Folder, pattern);
        Array.Sort(files, StringComparer.Ordinal);
        return files.Length > 0 ? files : throw new FileNotFoundException($"No {pattern} in {Folder}.");
    }

    /// <summary>Element i is lo + (hi - lo) * u(i), u from SplitMix64 over crc32(name) + salt.</summary>
    public static double[] Fill(string name, long count, double low, double high, uint salt = 0)
    {
        ulong stream = (ulong)(Crc32(name) + salt) << 32;
        var values = new double[count];
        for (long i = 0; i < count; i++)
        {
            ulong bits = CounterRandom.Mix(stream + (ulong)i + 0x9E3779B97F4A7C15UL);
            values[i] = low + (high - low) * ((bits >> 11) * (1.0 / (1UL << 53)));
        }

        return values;
    }

    private static uint Crc32(string name)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }

    private static string FindBesideCheckout(string relative)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, relative);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return relative;
    }
}
