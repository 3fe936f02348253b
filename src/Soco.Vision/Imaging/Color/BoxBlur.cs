using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Soco.Vision.Imaging.Color;

/// <summary>
/// Pillow's Gaussian: box blurs of a fractional radius (an extended box: the samples just outside count in part), three along the rows,
/// then three along the columns, each rounded to 8 bits; weights of 24 fractional bits. Outside the image its edge goes on.
/// </summary>
internal static class BoxBlur
{
    private const int Passes = 3;
    private const int Bits = 24;
    private const uint Half = 1u << (Bits - 1);

    /// <summary>How much the 2 * Radius + 1 samples of a box count, and the one on either side of them.</summary>
    private readonly record struct Box(int Radius, uint Inside, uint Beside);

    internal static void Gaussian(RgbImage image, float sigma, bool vectorized)
    {
        Box box = BoxOf(sigma);
        // Sums of more than 257 samples may leave 16 bits.
        vectorized &= 2 * box.Radius + 1 <= 257;
        int length = 3 * image.Width,
            reach = box.Radius + 1,
            padded = checked(length + 6 * reach);
        byte[] rented = ArrayPool<byte>.Shared.Rent(checked(image.Pixels.Length + 2 * padded));
        int[] rentedOffsets = ArrayPool<int>.Shared.Rent(2 * reach + 1);
        Span<byte> other = rented.AsSpan(0, image.Pixels.Length),
            row = rented.AsSpan(other.Length, padded),
            next = rented.AsSpan(other.Length + padded, padded);
        Span<int> offsets = rentedOffsets.AsSpan(0, 2 * reach + 1);
        for (int k = 0; k < offsets.Length; k++)
        {
            offsets[k] = 3 * k;
        }

        for (int y = 0; y < image.Height; y++)
        {
            Range inside = (3 * reach)..(3 * reach + length);
            image.Pixels.AsSpan(length * y, length).CopyTo(row[inside]);
            Average(Pad(row, reach), offsets, next[inside], box, vectorized);
            Average(Pad(next, reach), offsets, row[inside], box, vectorized);
            Average(Pad(row, reach), offsets, other.Slice(length * y, length), box, vectorized);
        }

        AlongColumns(other, image.Pixels, length, offsets, box, vectorized);
        AlongColumns(image.Pixels, other, length, offsets, box, vectorized);
        AlongColumns(other, image.Pixels, length, offsets, box, vectorized);
        ArrayPool<byte>.Shared.Return(rented);
        ArrayPool<int>.Shared.Return(rentedOffsets);
    }

    private static void AlongColumns(ReadOnlySpan<byte> from, Span<byte> to, int length, Span<int> offsets, Box box, bool vectorized)
    {
        int reach = offsets.Length / 2,
            height = from.Length / length;
        for (int y = 0; y < height; y++)
        {
            for (int k = 0; k < offsets.Length; k++)
            {
                offsets[k] = length * Math.Clamp(y + k - reach, 0, height - 1);
            }

            Average(from, offsets, to.Slice(length * y, length), box, vectorized);
        }
    }

    /// <summary>Equations 7, 11 and 14 of Gwosdek et al., in single precision where Pillow has it.</summary>
    private static Box BoxOf(float sigma)
    {
        float variance = sigma * sigma / Passes;
        float length = (float)Math.Sqrt(12.0 * variance + 1.0);
        float whole = (float)Math.Floor((length - 1.0) / 2.0);
        float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
        part /= 6 * (variance - (whole + 1) * (whole + 1));
        float radius = whole + part;
        uint inside = (uint)((1 << Bits) / (radius * 2 + 1));
        uint beside = ((1u << Bits) - ((uint)(int)radius * 2 + 1) * inside) / 2;
        return new Box((int)radius, inside, beside);
    }

    /// <summary>Repeats the first and the last pixel outside the row.</summary>
    private static Span<byte> Pad(Span<byte> row, int reach)
    {
        for (int i = 0; i < reach; i++)
        {
            row.Slice(3 * reach, 3).CopyTo(row[(3 * i)..]);
            row.Slice(row.Length - 3 * reach - 3, 3).CopyTo(row[(row.Length - 3 * reach + 3 * i)..]);
        }

        return row;
    }

    /// <summary>Each sample from those at the offsets: the first and the last lie beside the box, the others inside.</summary>
    private static void Average(ReadOnlySpan<byte> from, ReadOnlySpan<int> offsets, Span<byte> to, Box box, bool vectorized)
    {
        int i = 0,
            width = Vector512<byte>.Count;
        if (vectorized && to.Length >= width)
        {
            ref byte source = ref MemoryMarshal.GetReference(from);
            for (; i < to.Length; i += width)
            {
                // The last vector may begin inside the one before it.
                i = Math.Min(i, to.Length - width);
                Average(ref Unsafe.Add(ref source, i), offsets, box).CopyTo(to[i..]);
            }
        }

        for (; i < to.Length; i++)
        {
            uint inside = 0;
            foreach (int offset in offsets[1..^1])
            {
                inside += from[i + offset];
            }

            uint beside = (uint)from[i + offsets[0]] + from[i + offsets[^1]];
            to[i] = (byte)((inside * box.Inside + beside * box.Beside + Half) >> Bits);
        }
    }

    private static Vector512<byte> Average(ref byte source, ReadOnlySpan<int> offsets, Box box)
    {
        // Even and odd bytes as 16 bits each: masks and shifts, where widening would move data across the vector.
        Vector512<ushort> low = Vector512.Create((ushort)0x00FF);
        Vector512<ushort> first = Load(ref source, offsets[0]),
            last = Load(ref source, offsets[^1]);
        Vector512<ushort> besideEven = (first & low) + (last & low),
            besideOdd = (first >>> 8) + (last >>> 8);
        Vector512<ushort> insideEven = Vector512<ushort>.Zero,
            insideOdd = Vector512<ushort>.Zero;
        foreach (int offset in offsets[1..^1])
        {
            Vector512<ushort> samples = Load(ref source, offset);
            insideEven += samples & low;
            insideOdd += samples >>> 8;
        }

        return (Weigh(insideEven, besideEven, box) | (Weigh(insideOdd, besideOdd, box) << 8)).AsByte();
    }

    private static Vector512<ushort> Load(ref byte source, int offset) =>
        Vector512.LoadUnsafe(ref Unsafe.Add(ref source, offset)).AsUInt16();

    /// <summary>The rounded averages, 8 bits in 16.</summary>
    private static Vector512<ushort> Weigh(Vector512<ushort> inside, Vector512<ushort> beside, Box box)
    {
        Vector512<uint> low = Vector512.Create(0xFFFFu),
            half = Vector512.Create(Half);
        Vector512<uint> insides = inside.AsUInt32(),
            besides = beside.AsUInt32();
        Vector512<uint> even = (insides & low) * box.Inside + (besides & low) * box.Beside + half;
        Vector512<uint> odd = (insides >>> 16) * box.Inside + (besides >>> 16) * box.Beside + half;
        return ((even >>> Bits) | ((odd >>> Bits) << 16)).AsUInt16();
    }
}
