namespace Soco.Vision.Tests.Proposals.Regions;

/// <summary>A region of <see cref="PlainSelectiveSearch"/>, with all 75 color bins.</summary>
internal sealed class PlainRegion
{
    private double[] _color = new double[75];
    private double[] _texture = new double[30];
    private int _minX = int.MaxValue,
        _minY = int.MaxValue,
        _maxX = -1,
        _maxY = -1,
        _size;

    public BoxXywh Box => new(_minX, _minY, _maxX - _minX, _maxY - _minY);

    public void Add(int x, int y, (byte R, byte G, byte B) pixel, double[] patterns)
    {
        (_minX, _minY, _maxX, _maxY) = (Math.Min(_minX, x), Math.Min(_minY, y), Math.Max(_maxX, x), Math.Max(_maxY, y));
        _size++;
        double[] hsv = HsvOf(pixel.R, pixel.G, pixel.B);
        for (int channel = 0; channel < 3; channel++)
        {
            _color[25 * channel + BinOf(hsv[channel], 25)]++;
            _texture[10 * channel + BinOf(patterns[channel], 10)]++;
        }
    }

    public void Normalize()
    {
        _color = [.. _color.Select(count => count / _size)];
        _texture = [.. _texture.Select(count => count / _size)];
    }

    public bool HoldsACornerOf(PlainRegion other)
    {
        bool Inside(int x, int y) => _minX < x && x < _maxX && _minY < y && y < _maxY;
        return Inside(other._minX, other._minY)
            || Inside(other._maxX, other._maxY)
            || Inside(other._minX, other._maxY)
            || Inside(other._maxX, other._minY);
    }

    public double SimilarityTo(PlainRegion other, double imageSize)
    {
        double area =
            (double)(Math.Max(_maxX, other._maxX) - Math.Min(_minX, other._minX))
            * (Math.Max(_maxY, other._maxY) - Math.Min(_minY, other._minY));
        return Intersection(_color, other._color)
            + Intersection(_texture, other._texture)
            + (1 - (_size + other._size) / imageSize)
            + (1 - (area - _size - other._size) / imageSize);
    }

    public static PlainRegion Union(PlainRegion a, PlainRegion b) =>
        new()
        {
            _minX = Math.Min(a._minX, b._minX),
            _minY = Math.Min(a._minY, b._minY),
            _maxX = Math.Max(a._maxX, b._maxX),
            _maxY = Math.Max(a._maxY, b._maxY),
            _size = a._size + b._size,
            _color = Weighted(a, b, region => region._color),
            _texture = Weighted(a, b, region => region._texture),
        };

    private static double[] Weighted(PlainRegion a, PlainRegion b, Func<PlainRegion, double[]> histogram) =>
        [.. histogram(a).Zip(histogram(b), (inA, inB) => (inA * a._size + inB * b._size) / (a._size + b._size))];

    private static double Intersection(double[] a, double[] b) => a.Zip(b, Math.Min).Aggregate(0.0, (sum, smaller) => sum + smaller);

    private static int BinOf(double value, int bins) => Math.Min(bins - 1, (int)(value * bins / 255));

    private static double[] HsvOf(double r, double g, double b)
    {
        double max = Math.Max(r, Math.Max(g, b)),
            range = max - Math.Min(r, Math.Min(g, b));
        if (range == 0)
        {
            return [0, 0, max];
        }

        double sixths =
            max == r ? (g - b) / range
            : max == g ? 2 + (b - r) / range
            : 4 + (r - g) / range;
        return [(sixths / 6 + 1) % 1, range / max, max];
    }
}
