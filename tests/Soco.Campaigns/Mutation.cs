using System.Buffers.Binary;

namespace Soco.Campaigns;

/// <summary>Damaged and hostile files made of good ones. Each is a function of its number alone.</summary>
internal static class Mutation
{
    /// <summary>Opcodes of pickles that take from the stack or the memo.</summary>
    private const string Opcodes = ".0123bcdeghijloqrstuRQPaNIKMJ]}()\u0081\u0085\u0086\u0087\u0092\u0093\u0094\u008f\u0090\u0091";

    /// <summary>Numbers that lengths, counts and offsets go wrong at.</summary>
    private static readonly ulong[] s_edges =
    [
        0,
        1,
        0x7F,
        0x80,
        0xFF,
        0x7FFF,
        0xFFFF,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFFF,
        0x7FFFFFFFFFFFFFFF,
        0x8000000000000000,
        0xFFFFFFFFFFFFFFFF,
    ];

    /// <summary>One of some whole files with one change, or with up to eight.</summary>
    /// <param name="originals">The files; a change may put a piece of one into another.</param>
    /// <param name="number">Says which file and which changes.</param>
    public static byte[] Of(IReadOnlyList<byte[]> originals, int number)
    {
        var random = new Random(number);
        List<byte> bytes = [.. originals[random.Next(originals.Count)]];
        for (int changes = random.Next(3) == 0 ? random.Next(2, 9) : 1; changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 65), bytes.Count - at);
            switch (random.Next(9))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    byte[] other = originals[random.Next(originals.Count)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 257))]);
                    break;
                case 5:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 6:
                    byte[] repeated =
                    [
                        .. Enumerable.Repeat(bytes.GetRange(at, Math.Min(length, 8)), random.Next(1, 2000)).SelectMany(piece => piece),
                    ];
                    bytes.InsertRange(at, repeated);
                    break;
                case 7:
                    bytes[at] = (byte)Opcodes[random.Next(Opcodes.Length)];
                    break;
                default:
                    byte[] edge = new byte[8];
                    BinaryPrimitives.WriteUInt64LittleEndian(edge, s_edges[random.Next(s_edges.Length)]);
                    int width = Math.Min(1 << random.Next(4), bytes.Count - at);
                    bytes.RemoveRange(at, width);
                    bytes.InsertRange(at, edge[..width]);
                    break;
            }
        }

        return [.. bytes];
    }
}
