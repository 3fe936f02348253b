using System.Buffers.Binary;

namespace Soco.Checkpoints.Export;

/// <summary>The checksum of zip entries (ISO 3309), eight bytes at a time.</summary>
internal sealed class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private static readonly uint[][] s_tables = Tables();
    private uint _state = uint.MaxValue;

    /// <summary>The checksum of what was appended.</summary>
    public uint Value => ~_state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint state = _state;
        while (bytes.Length >= 8)
        {
            ulong eight = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ state;
            state = 0;
            for (int i = 0; i < 8; i++)
            {
                state ^= s_tables[7 - i][(byte)(eight >> (8 * i))];
            }

            bytes = bytes[8..];
        }

        foreach (byte next in bytes)
        {
            state = s_tables[0][(byte)(state ^ next)] ^ (state >> 8);
        }

        _state = state;
    }

    /// <summary>Table n: what a byte does to the sum n bytes later.</summary>
    private static uint[][] Tables()
    {
        var tables = new uint[8][];
        tables[0] = [.. Enumerable.Range(0, 256).Select(value =>
        {
            uint sum = (uint)value;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? (sum >> 1) ^ Polynomial : sum >> 1;
            }

            return sum;
        })];
        for (int n = 1; n < tables.Length; n++)
        {
            tables[n] = [.. tables[n - 1].Select(sum => tables[0][(byte)sum] ^ (sum >> 8))];
        }

        return tables;
    }
}
