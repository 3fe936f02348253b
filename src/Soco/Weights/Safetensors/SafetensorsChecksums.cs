using System.IO.Hashing;
using System.Text;

namespace Soco.Weights.Safetensors;

/// <summary>
/// Checksums that a safetensors file of Soco's carries in its own metadata: XXH3 of its header and of each tensor's bytes, 16 hexadecimal
/// digits each with a blank between, in the order of the data. The header's is that of the header with zeros in place of all digits. Files
/// of others carry none.
/// </summary>
internal static class SafetensorsChecksums
{
    /// <summary>Their key in the metadata.</summary>
    public const string Key = "soco.xxh3";

    private const int Digits = 16;
    private const int PieceBytes = 1 << 18;

    /// <summary>What stands in their place until they are known.</summary>
    /// <param name="tensors">Tensors of the file.</param>
    public static string Placeholder(int tensors) => string.Join(' ', Enumerable.Repeat(new string('0', Digits), tensors + 1));

    /// <summary>Puts the checksums into a header that holds the placeholder.</summary>
    /// <param name="json">The header, without its length.</param>
    /// <param name="tensors">XXH3 of each tensor's bytes, in the order of the data.</param>
    public static void Fill(Span<byte> json, IReadOnlyList<ulong> tensors)
    {
        string text = string.Join(' ', tensors.Prepend(XxHash3.HashToUInt64(json)).Select(hash => hash.ToString("x16")));
        Encoding.ASCII.GetBytes(text, json[json.IndexOf(Encoding.ASCII.GetBytes(Placeholder(tensors.Count)))..]);
    }

    /// <summary>Reads a file through and compares; a file without checksums is as good as any.</summary>
    /// <param name="file">The file.</param>
    /// <param name="json">Its header, without its length; it is overwritten.</param>
    /// <param name="header">What the header says.</param>
    /// <param name="dataStart">Offset of the data in the file.</param>
    /// <exception cref="FormatException">Something is not what was written, as the middle of a sentence.</exception>
    public static void Verify(FileBytes file, Span<byte> json, SafetensorsHeader header, long dataStart)
    {
        if (!header.Metadata.TryGetValue(Key, out string? text))
        {
            return;
        }

        string[] sums = text.Split(' ');
        int place = json.IndexOf(Encoding.ASCII.GetBytes(text));
        (string Name, SafetensorsEntry Entry)[] tensors =
        [
            .. header.Entries.OrderBy(entry => (entry.Value.Begin, entry.Value.End)).Select(entry => (entry.Key, entry.Value)),
        ];
        if (sums.Length != tensors.Length + 1 || place < 0 || sums.Any(sum => sum.Length != Digits))
        {
            throw new FormatException("its checksums are damaged");
        }

        Encoding.ASCII.GetBytes(Placeholder(tensors.Length), json[place..]);
        Demand(sums[0], XxHash3.HashToUInt64(json), "header");
        byte[] piece = new byte[PieceBytes];
        foreach ((string sum, (string name, SafetensorsEntry entry)) in sums.Skip(1).Zip(tensors))
        {
            var hash = new XxHash3();
            for (long at = entry.Begin; at < entry.End; at += PieceBytes)
            {
                Span<byte> read = piece.AsSpan(0, (int)Math.Min(PieceBytes, entry.End - at));
                file.Read(dataStart + at, read);
                hash.Append(read);
            }

            Demand(sum, hash.GetCurrentHashAsUInt64(), $"tensor {name}");
        }
    }

    private static void Demand(string written, ulong found, string what)
    {
        if (written != found.ToString("x16"))
        {
            throw new FormatException($"its {what} is not what was written (the checksum differs)");
        }
    }
}
