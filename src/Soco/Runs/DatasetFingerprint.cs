using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Soco.Vision;
using Soco.Vision.Imaging;

namespace Soco.Runs;

/// <summary>Tells whether a resumed run sees the images it started with.</summary>
/// <param name="Count">The number of images.</param>
/// <param name="NamesHash">SHA-256 over their names in order, hexadecimal.</param>
public sealed record DatasetFingerprint(int Count, string NamesHash)
{
    private const int SampledImages = 32;
    private const int SampledBoxes = 4096;

    /// <summary>XXH3 over the bytes of images spread over the set, hexadecimal; null where it was not taken.</summary>
    public string? ContentsHash { get; init; }

    /// <summary>XXH3 over the proposals of images spread over the set, hexadecimal; null where there are none.</summary>
    public string? BoxesHash { get; init; }

    /// <summary>The fingerprint of images by name, in order.</summary>
    public static DatasetFingerprint Of(IEnumerable<string> names)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int count = 0;
        foreach (string name in names)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + '\0'));
            count++;
        }

        return new DatasetFingerprint(count, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The same with what some of the images hold.</summary>
    /// <param name="read">The bytes of an image, by its place among them.</param>
    public DatasetFingerprint WithContents(Func<int, byte[]> read)
    {
        var hash = new XxHash3();
        foreach (int place in Spread(SampledImages))
        {
            try
            {
                hash.Append(read(place));
            }
            catch (UnreadableImageException)
            {
                // It will be skipped, now as then.
            }
        }

        return this with
        {
            ContentsHash = hash.GetCurrentHashAsUInt64().ToString("x16"),
        };
    }

    /// <summary>The same with the proposals of some of the images.</summary>
    /// <param name="boxes">The proposals of an image, by its place among them.</param>
    public DatasetFingerprint WithBoxes(Func<int, IEnumerable<BoxXywh>> boxes)
    {
        var hash = new XxHash3();
        foreach (int place in Spread(SampledBoxes))
        {
            foreach (BoxXywh box in boxes(place))
            {
                hash.Append(Encoding.ASCII.GetBytes(FormattableString.Invariant($"{place} {box.X} {box.Y} {box.Width} {box.Height}\n")));
            }
        }

        return this with
        {
            BoxesHash = hash.GetCurrentHashAsUInt64().ToString("x16"),
        };
    }

    /// <summary>What is other in a set than in this one, as the end of a sentence; null where nothing is that both tell of.</summary>
    public string? DifferenceTo(DatasetFingerprint now) =>
        Count != now.Count || NamesHash != now.NamesHash
            ? $"was trained on {Count} images, and these are {now.Count} or others; give the images it began with"
        : Differ(ContentsHash, now.ContentsHash)
            ? "was trained on images of the same names and other contents; give the files it began with"
        : Differ(BoxesHash, now.BoxesHash) ? "was trained on other proposals of these images; give the proposals it began with"
        : null;

    private static bool Differ(string? begun, string? now) => begun is not null && now is not null && begun != now;

    private IEnumerable<int> Spread(int most) =>
        Enumerable.Range(0, Math.Min(Count, most)).Select(i => (int)((long)i * Count / Math.Min(Count, most)));
}
