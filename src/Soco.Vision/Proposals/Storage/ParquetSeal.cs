using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Soco.Vision.Proposals.Storage;

/// <summary>
/// A checksum inside of a Parquet file, where no reader looks: between the pages and the footer stand 8 letters and XXH3 of all other
/// bytes. A Parquet file ends with its footer, the footer's length (int32, little endian) and <c>PAR1</c>; pages are found by offsets from
/// the start. The footer says under <see cref="Key"/> that there is a seal, so that a file whose seal is damaged is not taken for one of
/// another writer.
/// </summary>
internal static class ParquetSeal
{
    /// <summary>The key in the footer's metadata of a file that is sealed.</summary>
    public const string Key = "soco.checksum";

    private const int TailLength = 8;
    private const int SealLength = 16;

    private static ReadOnlySpan<byte> Letters => "SOCOXXH3"u8;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>A Parquet file with its seal.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> file)
    {
        int footer = FooterStart(file);
        byte[] whole = new byte[file.Length + SealLength];
        file[..footer].CopyTo(whole);
        Letters.CopyTo(whole.AsSpan(footer));
        BinaryPrimitives.WriteUInt64LittleEndian(whole.AsSpan(footer + Letters.Length), XxHash3.HashToUInt64(file));
        file[footer..].CopyTo(whole.AsSpan(footer + SealLength));
        return whole;
    }

    /// <summary>
    /// Refuses a sealed file that is not what was sealed, and one of another writer whose footer would lead a reader astray.
    /// </summary>
    /// <exception cref="InvalidDataException">Why, as the middle of a sentence.</exception>
    public static void Check(ReadOnlySpan<byte> file)
    {
        int footer = FooterStart(file),
            seal = footer - SealLength;
        if (seal < 0 || !file.Slice(seal, Letters.Length).SequenceEqual(Letters))
        {
            ParquetLayout.Check(file, footer, TailLength);
            if (file[footer..].IndexOf(Encoding.ASCII.GetBytes(Key)) >= 0)
            {
                throw new InvalidDataException("it is not what was written: the checksum is damaged");
            }

            return;
        }

        var hash = new XxHash3();
        hash.Append(file[..seal]);
        hash.Append(file[footer..]);
        if (hash.GetCurrentHashAsUInt64() != BinaryPrimitives.ReadUInt64LittleEndian(file[(seal + Letters.Length)..]))
        {
            throw new InvalidDataException("it is not what was written: the checksum differs");
        }
    }

    private static int FooterStart(ReadOnlySpan<byte> file)
    {
        if (file.Length < TailLength + Magic.Length || !file.StartsWith(Magic) || !file.EndsWith(Magic))
        {
            throw new InvalidDataException("it does not begin and end as a Parquet file does");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(file[^TailLength..]);
        return length > 0 && length <= file.Length - TailLength - Magic.Length
            ? file.Length - TailLength - length
            : throw new InvalidDataException($"its footer is said to be {(uint)length} bytes long");
    }
}
