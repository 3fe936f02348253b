using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;

namespace Soco.Runtime;

/// <summary>
/// A checksum at the end of a file in ONNX. A protobuf message may be continued by appending fields, so the checksum is one more entry of
/// the model's metadata: the length of all bytes before it and their XXH3. A file of another length was changed by a tool, such as a
/// quantizer, which keeps the entry; nothing is said of such a file.
/// </summary>
internal static class ModelChecksum
{
    private const int NumberLength = 16;
    private const int ValueLength = 2 * NumberLength;

    // A field is its number times eight and 2, its length, its bytes: ModelProto.metadata_props is 14, an entry's key 1 and its value 2.
    private static readonly byte[] s_start = [0x72, 2 + 13 + 2 + ValueLength, 0x0A, 13, .. "soco.checksum"u8, 0x12, ValueLength];

    /// <summary>Appends the checksum of a whole model.</summary>
    /// <param name="file">The model, from the start of the stream to its end.</param>
    public static void Append(Stream file)
    {
        long length = file.Length;
        file.Position = 0;
        var hash = new XxHash3();
        hash.Append(file);
        file.Write(s_start);
        file.Write(Text(length));
        file.Write(Text((long)hash.GetCurrentHashAsUInt64()));
    }

    /// <summary>Whether a file is what was written; also where it has no checksum, or one of a file of another length.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool Holds(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        long length = file.Length - s_start.Length - ValueLength;
        if (length < 0)
        {
            return true;
        }

        byte[] end = new byte[s_start.Length + ValueLength];
        file.Position = length;
        file.ReadExactly(end);
        if (!end.AsSpan().StartsWith(s_start) || !end.AsSpan(s_start.Length, NumberLength).SequenceEqual(Text(length)))
        {
            return true;
        }

        return Utf8Parser.TryParse(end.AsSpan(^NumberLength..), out ulong expected, out int read, 'x')
            && read == NumberLength
            && HashOf(file, length) == expected;
    }

    private static ulong HashOf(FileStream file, long length)
    {
        var hash = new XxHash3();
        byte[] part = ArrayPool<byte>.Shared.Rent(1 << 16);
        file.Position = 0;
        while (length > 0 && file.Read(part, 0, (int)Math.Min(part.Length, length)) is > 0 and var read)
        {
            hash.Append(part.AsSpan(0, read));
            length -= read;
        }

        ArrayPool<byte>.Shared.Return(part);
        return hash.GetCurrentHashAsUInt64();
    }

    private static byte[] Text(long number) => System.Text.Encoding.ASCII.GetBytes(number.ToString("x16"));
}
