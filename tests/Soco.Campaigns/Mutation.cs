using System.Buffers.Binary;

namespace Soco.Campaigns;

/// <summary>Damages bytes as disks, networks, careless tools and attackers do. A seed always gives the same damage.</summary>
internal static class Mutation
{
    private static readonly long[] s_extremes = [0, 1, -1, 127, 128, 255, 256, 32767, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    /// <summary>A damaged copy of a file.</summary>
    /// <param name="whole">The file, at least one byte.</param>
    /// <param name="seed">Says what is damaged.</param>
    public static byte[] Of(byte[] whole, int seed)
    {
        var random = new Random(seed);
        List<byte> bytes = [.. whole];
        int changes = random.Next(2) == 0 ? 1 : 1 + random.Next(4);
        for (int change = 0; change < changes && bytes.Count > 0; change++)
        {
            Change(bytes, random);
        }

        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count), length = Math.Min(bytes.Count - at, 1 << random.Next(9));
        switch (random.Next(10))
        {
            case 0 or 1 or 8 or 9:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3:
                Write(bytes, at, s_extremes[random.Next(s_extremes.Length)], 1 << random.Next(4), random.Next(2) == 0);
                break;
            case 4:
                bytes.RemoveRange(at, length);
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                for (int i = at; i < at + length; i++)
                {
                    bytes[i] = 0;
                }

                break;
        }
    }

    private static void Write(List<byte> bytes, int at, long value, int size, bool little)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        for (int i = 0; i < size && at + i < bytes.Count; i++)
        {
            bytes[at + i] = number[little ? i : size - 1 - i];
        }
    }
}
