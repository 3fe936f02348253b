using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Soco.Images.Jpeg;

/// <summary>Decodes the one scan of a <see cref="JpegFrame"/> into planes of samples.</summary>
internal static unsafe class JpegScan
{
    private const byte FirstRestart = 0xD0, EndOfImage = 0xD9;

    /// <summary>Zeros behind the coded data: reading ahead stays inside.</summary>
    private const int Slack = 16;

    /// <summary>Decodes all blocks.</summary>
    /// <param name="frame">The header.</param>
    /// <param name="bytes">The whole file.</param>
    /// <param name="planes">[components] where the samples go.</param>
    /// <returns>Whether the data are whole: no bit too few, not a byte too many, and the end marker behind.</returns>
    internal static bool TryDecode(JpegFrame frame, ReadOnlySpan<byte> bytes, ReadOnlySpan<JpegPlane> planes)
    {
        byte[] coded = ArrayPool<byte>.Shared.Rent(bytes.Length - frame.ScanStart + Slack);
        try
        {
            int columns = planes[0].Stride / (8 * frame.Components[0].Horizontal), units = columns * (planes[0].Height / (8 * frame.Components[0].Vertical));
            int stretch = frame.RestartInterval > 0 ? frame.RestartInterval : units, at = frame.ScanStart;
            for (int first = 0, restart = 0; first < units; first += stretch, restart++)
            {
                int length = Unstuff(bytes, ref at, coded, out byte marker), end = Math.Min(first + stretch, units);
                byte expected = end == units ? EndOfImage : (byte)(FirstRestart + (restart & 7));
                if (length < 0 || marker != expected || !TryDecode(frame, coded, length, planes, columns, first, end))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(coded);
        }
    }

    /// <summary>Copies coded data up to the next marker, without the zero that is stuffed behind each 0xFF.</summary>
    /// <returns>The bytes without those behind them that are set to 0; -1 where there is no marker.</returns>
    private static int Unstuff(ReadOnlySpan<byte> bytes, ref int at, Span<byte> coded, out byte marker)
    {
        int length = 0;
        while (bytes[at..].IndexOf((byte)0xFF) is >= 0 and int run && at + run + 1 < bytes.Length)
        {
            bytes.Slice(at, run + 1).CopyTo(coded[length..]);
            length += run + 1;
            marker = bytes[at + run + 1];
            at += run + 2;
            if (marker != 0)
            {
                length--;
                coded.Slice(length, Slack).Clear();
                return length;
            }
        }

        marker = 0;
        return -1;
    }

    private static bool TryDecode(JpegFrame frame, ReadOnlySpan<byte> coded, int length, ReadOnlySpan<JpegPlane> planes, int columns, int first, int end)
    {
        short* block = stackalloc short[InverseDct.BlockLength];
        int* predictors = stackalloc int[3];
        new Span<int>(predictors, 3).Clear();
        fixed (byte* start = coded)
        {
            var bits = new Bits { Next = start, End = start + length };
            for (int unit = first, column = first % columns, row = first / columns; unit < end; unit++)
            {
                for (int i = 0; i < planes.Length; i++)
                {
                    JpegComponent component = frame.Components[i];
                    int stride = planes[i].Stride;
                    byte* corner = planes[i].Samples + ((long)row * component.Vertical * stride + column * component.Horizontal) * 8;
                    for (int y = 0; y < component.Vertical; y++)
                    {
                        for (int x = 0; x < component.Horizontal; x++)
                        {
                            byte* samples = corner + 8L * (y * stride + x);
                            new Span<short>(block, 64).Clear();
                            switch (DecodeBlock(ref bits, component, ref predictors[i], block))
                            {
                                case BlockKind.Damaged:
                                    return false;
                                case BlockKind.Flat:
                                    InverseDct.Fill(block[0], samples, stride);
                                    break;
                                default:
                                    InverseDct.Transform(block, samples, stride);
                                    break;
                            }
                        }
                    }
                }

                if (++column == columns)
                {
                    column = 0;
                    row++;
                }
            }

            return (bits.End - bits.Next) * 8 + bits.Count is >= 0 and < 8;
        }
    }

    /// <summary>Reads the coefficients of a block and multiplies them by their step sizes (ITU-T T.81, F.2.2).</summary>
    private static BlockKind DecodeBlock(ref Bits bits, JpegComponent component, ref int predictor, short* block)
    {
        ulong buffer = bits.Buffer;
        int count = bits.Count;
        byte* next = bits.Next, last = bits.End + 8;
        int k = 0;
        HuffmanTable table = component.Dc;
        ref byte order = ref MemoryMarshal.GetArrayDataReference(InverseDct.Order);
        ref int steps = ref MemoryMarshal.GetArrayDataReference(component.Steps), entries = ref MemoryMarshal.GetArrayDataReference(table.Entries);
        do
        {
            // A code and a number have at most 31 bits.
            if (count < 32)
            {
                if (next >= last)
                {
                    return BlockKind.Damaged;
                }

                buffer |= BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(next)) >> count;
                int bytes = (63 - count) >> 3;
                next += bytes;
                count += 8 * bytes;
            }

            int entry = Unsafe.Add(ref entries, (nint)(buffer >> (64 - HuffmanTable.IndexBits)));
            if (entry == 0 && (entry = table.Find((int)(buffer >> 48))) == 0)
            {
                return BlockKind.Damaged;
            }

            int length = entry & ((1 << HuffmanTable.LengthBits) - 1);
            buffer <<= length;
            count -= length;
            k += (entry >> HuffmanTable.LengthBits) & ((1 << HuffmanTable.RunBits) - 1);
            int number = entry >> HuffmanTable.NumberShift;
            if ((entry & HuffmanTable.SizeOnly) != 0)
            {
                int size = number;
                number = HuffmanTable.NumberOf((int)(buffer >> (64 - size)), size);
                buffer <<= size;
                count -= size;
            }

            if (k == 0)
            {
                predictor += number;
                number = predictor;
                table = component.Ac;
                entries = ref MemoryMarshal.GetArrayDataReference(table.Entries);
            }

            block[Unsafe.Add(ref order, k)] = (short)(number * Unsafe.Add(ref steps, k));
        }
        while (++k < 64);

        bits.Buffer = buffer;
        bits.Count = count;
        bits.Next = next;
        return k switch
        {
            64 => BlockKind.Full,
            2 + HuffmanTable.ToTheEnd => BlockKind.Flat,
            > 2 + HuffmanTable.ToTheEnd => BlockKind.Full,
            _ => BlockKind.Damaged,
        };
    }

    private enum BlockKind
    {
        Damaged,
        Flat,
        Full,
    }

    /// <summary>The next bits of the data: the upper <see cref="Count"/> of the buffer, then those from <see cref="Next"/> on.</summary>
    private struct Bits
    {
        public ulong Buffer;
        public int Count;
        public byte* Next, End;
    }
}

/// <summary>The samples of one colour, whole blocks.</summary>
/// <param name="samples">The first of them; memory that stays where it is.</param>
/// <param name="stride">Samples of a row, a multiple of 8.</param>
/// <param name="height">Rows, a multiple of 8.</param>
internal readonly unsafe struct JpegPlane(byte* samples, int stride, int height)
{
    public readonly byte* Samples = samples;
    public readonly int Stride = stride, Height = height;
}
