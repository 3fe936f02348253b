using System.Buffers.Binary;

namespace Soco.Images.Jpeg;

/// <summary>A colour of a JPEG.</summary>
/// <param name="Horizontal">Blocks of it in a row of a minimum coded unit.</param>
/// <param name="Vertical">Rows of such blocks.</param>
/// <param name="Steps">[<see cref="InverseDct.Places"/>] the step sizes of its coefficients in zigzag order, then 0.</param>
/// <param name="Dc">The code of the first coefficient of its blocks.</param>
/// <param name="Ac">The code of the others.</param>
internal sealed record JpegComponent(int Horizontal, int Vertical, int[] Steps, HuffmanTable Dc, HuffmanTable Ac);

/// <summary>
/// The header of a JPEG as most photographs have it: baseline, 8 bits, one scan of luma alone or of luma and two chroma colours, of which luma
/// may be twice as wide, or twice as wide and high.
/// </summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Components">One or three.</param>
/// <param name="RestartInterval">Minimum coded units from one restart marker to the next; 0 where there are none.</param>
/// <param name="ScanStart">Where the coded data begin.</param>
internal sealed record JpegFrame(int Width, int Height, JpegComponent[] Components, int RestartInterval, int ScanStart)
{
    /// <summary>Reads a header; null where it is damaged or of another kind.</summary>
    internal static JpegFrame? Read(ReadOnlySpan<byte> bytes)
    {
        var tables = new Tables();
        int at = 2;
        while (at + 4 <= bytes.Length && bytes[at] == 0xFF)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if (length < 2 || at + 2 + length > bytes.Length)
            {
                return null;
            }

            ReadOnlySpan<byte> segment = bytes.Slice(at + 4, length - 2);
            byte marker = bytes[at + 1];
            at += 2 + length;
            switch (marker)
            {
                case 0xDA:
                    return tables.Build(segment, at);
                case 0xC0 or 0xC1 when tables.Frame.Length == 0:
                    tables.Frame = segment.ToArray();
                    break;
                case 0xC4 when tables.AddHuffman(segment):
                case 0xDB when tables.AddQuantization(segment):
                    break;
                case 0xDD when segment.Length == 2:
                    tables.RestartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                    break;
                case 0xE0:
                    tables.IsJfif |= segment.StartsWith("JFIF\0"u8) && segment.Length >= 12;
                    break;
                case 0xEE when segment.StartsWith("Adobe"u8):
                    tables.AdobeTransform = segment.Length >= 12 ? segment[11] : -1;
                    break;
                case 0xFE or (>= 0xE1 and <= 0xEF):
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>What the segments before the scan say.</summary>
    private sealed class Tables
    {
        private readonly HuffmanTable?[] _huffman = new HuffmanTable?[8];
        private readonly int[]?[] _steps = new int[]?[4];

        public byte[] Frame { get; set; } = [];

        public int RestartInterval { get; set; }

        public bool IsJfif { get; set; }

        /// <summary>1 is luma and chroma; null where nothing is said.</summary>
        public int? AdobeTransform { get; set; }

        /// <summary>Codes, one after the other: class and number, counts of each length, symbols.</summary>
        public bool AddHuffman(ReadOnlySpan<byte> segment)
        {
            while (segment.Length >= 17)
            {
                ReadOnlySpan<byte> counts = segment.Slice(1, 16);
                int kind = segment[0] >> 4, number = segment[0] & 15, symbols = 0;
                foreach (byte count in counts)
                {
                    symbols += count;
                }

                if (kind > 1 || number > 3 || symbols > 256 || segment.Length < 17 + symbols)
                {
                    return false;
                }

                ReadOnlySpan<byte> values = segment.Slice(17, symbols);
                if (kind == 0 && values.ContainsAnyExceptInRange((byte)0, (byte)11) || HuffmanTable.Of(counts, values, runs: kind == 1) is not { } table)
                {
                    return false;
                }

                _huffman[4 * kind + number] = table;
                segment = segment[(17 + symbols)..];
            }

            return segment.IsEmpty;
        }

        /// <summary>Step sizes, one table after the other: precision and number, 64 sizes of 8 bits.</summary>
        public bool AddQuantization(ReadOnlySpan<byte> segment)
        {
            for (; segment.Length >= 65 && segment[0] <= 3; segment = segment[65..])
            {
                int[] steps = _steps[segment[0]] = new int[InverseDct.Places];
                for (int place = 0; place < 64; place++)
                {
                    steps[place] = segment[1 + place];
                }
            }

            return segment.IsEmpty;
        }

        /// <summary>Puts frame and scan together where both are as expected.</summary>
        public JpegFrame? Build(ReadOnlySpan<byte> scan, int scanStart)
        {
            ReadOnlySpan<byte> frame = Frame;
            if (frame.Length < 6 || frame[0] != 8 || frame[5] is not (1 or 3) || frame.Length != 6 + 3 * frame[5] || !IsLumaAndChroma(frame))
            {
                return null;
            }

            int count = frame[5];
            if (scan.Length != 4 + 2 * count || scan[0] != count || !scan[^3..].SequenceEqual((ReadOnlySpan<byte>)[0, 63, 0]))
            {
                return null;
            }

            var components = new JpegComponent[count];
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> inFrame = frame.Slice(6 + 3 * i, 3), inScan = scan.Slice(1 + 2 * i, 2);
                if (inScan[0] != inFrame[0] || inFrame[2] > 3 || (inScan[1] & 0xCC) != 0
                    || _steps[inFrame[2]] is not { } steps || _huffman[inScan[1] >> 4] is not { } dc || _huffman[4 + (inScan[1] & 15)] is not { } ac)
                {
                    return null;
                }

                // A scan of one colour has its blocks in raster order, whatever the factors.
                (int horizontal, int vertical) = count == 1 ? (1, 1) : (inFrame[1] >> 4, inFrame[1] & 15);
                components[i] = new JpegComponent(horizontal, vertical, steps, dc, ac);
            }

            bool isUsual = components[0] is { Horizontal: 1, Vertical: 1 } or { Horizontal: 2, Vertical: 1 or 2 }
                && components[1..].All(component => component is { Horizontal: 1, Vertical: 1 });
            int height = BinaryPrimitives.ReadUInt16BigEndian(frame[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(frame[3..]);
            return isUsual && width > 0 && height > 0 ? new JpegFrame(width, height, components, RestartInterval, scanStart) : null;
        }

        /// <summary>As libjpeg decides it, where it does not guess.</summary>
        private bool IsLumaAndChroma(ReadOnlySpan<byte> frame) => frame[5] == 1 || IsJfif
            || (AdobeTransform is { } transform ? transform == 1 : frame[6] == 1 && frame[9] == 2 && frame[12] == 3);
    }
}
