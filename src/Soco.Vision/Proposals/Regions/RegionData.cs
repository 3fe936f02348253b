using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Soco.Vision.Imaging;

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// What the similarity of two regions is computed from: box, size, and histograms of color and texture, flat over all regions.
/// Color: of the published 75 bins only the 25 of the value (the greatest channel) tell regions apart; hue and saturation, in 0..1 on an
/// axis to 255, always fill their first bin, which adds exactly 2 to every color intersection. Texture: 10 bins of the local binary
/// pattern of each channel.
/// </summary>
internal sealed unsafe class RegionData
{
    public const int ColorBins = 25,
        TextureBins = 10,
        Bins = ColorBins + 3 * TextureBins;

    /// <summary>Doubles from one histogram to the next: whole vectors; the last is 0.</summary>
    private const int Stride = 56;

    // Equal bins over 0..255 whose last one is closed; 51 is a fifth of 255.
    private static readonly byte[] ColorBin = [.. Enumerable.Range(0, 256).Select(value => (byte)Math.Min(ColorBins - 1, value * 5 / 51))];
    private static readonly byte[] TextureBin =
    [
        .. Enumerable.Range(0, 256).Select(code => (byte)Math.Min(TextureBins - 1, code * 2 / 51)),
    ];

    private readonly LocalBinaryPattern _texture = new();
    private int[] _counts = [];
    private double[] _histograms = [];
    private Region[] _regions = [];
    private double _imageSize;

    /// <summary>The number of regions of the last image.</summary>
    public int Count { get; private set; }

    /// <summary>A region; a union stands where its first part stood.</summary>
    public ref readonly Region this[int region] => ref _regions[region];

    /// <summary>Measures the segments of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="labels">[height * width] the segment of each pixel.</param>
    /// <param name="count">The number of segments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public void Measure(RgbImage image, int[] labels, int count, CancellationToken cancellationToken)
    {
        Count = count;
        _imageSize = image.Width * image.Height;
        Buffers.Fit(ref _counts, checked(count * Stride));
        Buffers.Fit(ref _histograms, checked(count * Stride));
        Buffers.Fit(ref _regions, count);
        Array.Clear(_counts, 0, count * Stride);
        _regions.AsSpan(0, count).Fill(new Region(int.MaxValue, int.MaxValue, -1, -1, 0));
        _texture.Rows(
            image,
            (y, codes) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                CountRow(image, labels, y, codes);
            }
        );
        for (int region = 0; region < count; region++)
        {
            double size = _regions[region].Size;
            for (int bin = region * Stride; bin < (region + 1) * Stride; bin++)
            {
                _histograms[bin] = _counts[bin] / size;
            }
        }
    }

    private void CountRow(RgbImage image, int[] labels, int y, byte[] codes)
    {
        int width = image.Width,
            codeStride = LocalBinaryPattern.CodeStrideOf(width);
        fixed (
            byte* pixels = image.Pixels,
                code = codes,
                colorBin = ColorBin,
                textureBin = TextureBin
        )
        fixed (
            int* allLabels = labels,
                counts = _counts
        )
        {
            byte* pixel = pixels + 3L * width * y;
            int* label = allLabels + (long)y * width;
            for (int start = 0, x = 0; start < width; start = x)
            {
                int region = label[start];
                int* color = counts + (long)region * Stride,
                    red = color + ColorBins;
                int* green = red + TextureBins,
                    blue = green + TextureBins;
                for (; x < width && label[x] == region; x++, pixel += 3)
                {
                    color[colorBin[Math.Max(pixel[0], Math.Max(pixel[1], pixel[2]))]]++;
                    red[textureBin[code[x]]]++;
                    green[textureBin[code[codeStride + x]]]++;
                    blue[textureBin[code[2 * codeStride + x]]]++;
                }

                _regions[region].Add(start, x - 1, y);
            }
        }
    }

    /// <summary>Color and texture intersections, plus how small both are, plus how well they fill their common box.</summary>
    public double Similarity(int first, int second)
    {
        ref readonly Region a = ref _regions[first];
        ref readonly Region b = ref _regions[second];
        double* smaller = stackalloc double[Stride];
        ref double histogramA = ref _histograms[first * Stride];
        ref double histogramB = ref _histograms[second * Stride];
        for (int bin = 0; bin < Stride; bin += 8)
        {
            Vector512
                .MinNative(Vector512.LoadUnsafe(ref histogramA, (nuint)bin), Vector512.LoadUnsafe(ref histogramB, (nuint)bin))
                .Store(smaller + bin);
        }

        // Term by term from the left: the published sums decide between nearly equal pairs by their rounding.
        double color = 2,
            texture = 0;
        for (int bin = 0; bin < ColorBins; bin++)
        {
            color += smaller[bin];
        }

        for (int bin = ColorBins; bin < Bins; bin++)
        {
            texture += smaller[bin];
        }

        int sizes = a.Size + b.Size;
        return color + texture + (1 - sizes / _imageSize) + (1 - (Region.UnionArea(a, b) - sizes) / _imageSize);
    }

    /// <summary>Puts the union of two regions where the first one stood.</summary>
    public void Merge(int first, int second)
    {
        ref Region a = ref _regions[first];
        ref readonly Region b = ref _regions[second];
        double sizeA = a.Size,
            sizeB = b.Size,
            size = sizeA + sizeB;
        ref double histogramA = ref _histograms[first * Stride];
        ref double histogramB = ref _histograms[second * Stride];
        for (nuint bin = 0; bin < Stride; bin += 8)
        {
            Vector512<double> weighted =
                Vector512.LoadUnsafe(ref histogramA, bin) * sizeA + Vector512.LoadUnsafe(ref histogramB, bin) * sizeB;
            (weighted / size).StoreUnsafe(ref Unsafe.Add(ref histogramA, bin));
        }

        a.Unite(b);
    }
}
