using Soco.Vision.Imaging;
using Soco.Vision.Proposals.Regions;
using Soco.Vision.Tests.Proposals.Regions;

namespace Soco.Vision.Tests.Proposals;

/// <summary>
/// Selective search as SELECTIVE SEARCH describes it, step by step, in the plainest code: no vectors, no bands, no heap, whole
/// histograms. What the fast one is compared with on images that no reference number exists for.
/// </summary>
internal static class PlainSelectiveSearch
{
    public static (int Segments, List<BoxXywh> Boxes) Propose(RgbImage image, double scale, double sigma, int minimumSize)
    {
        int[] labels = Segment(image, scale, sigma, minimumSize);
        int segments = labels.Max() + 1;
        List<PlainRegion> regions = [.. Enumerable.Range(0, segments).Select(_ => new PlainRegion())];
        double[,][] patterns = Patterns(image);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                regions[labels[y * image.Width + x]].Add(x, y, image[x, y], patterns[y, x]);
            }
        }

        regions.ForEach(region => region.Normalize());
        var pairs = new List<(int A, int B, double Similarity)>();
        double Similarity(int a, int b) => regions[a].SimilarityTo(regions[b], image.Width * image.Height);
        for (int a = 0; a < segments; a++)
        {
            for (int b = a + 1; b < segments; b++)
            {
                if (regions[a].HoldsACornerOf(regions[b]))
                {
                    pairs.Add((a, b, Similarity(a, b)));
                }
            }
        }

        while (pairs.Count > 0)
        {
            double best = pairs.Max(pair => pair.Similarity);
            (int i, int j, _) = pairs.FindLast(pair => pair.Similarity == best);
            int union = regions.Count;
            regions.Add(PlainRegion.Union(regions[i], regions[j]));
            bool Touches((int A, int B, double) pair) => pair.A == i || pair.A == j || pair.B == i || pair.B == j;
            List<int> others =
            [
                .. pairs
                    .Where(Touches)
                    .Where(pair => (pair.A, pair.B) != (i, j))
                    .Select(pair => pair.A == i || pair.A == j ? pair.B : pair.A)
                    .Distinct(),
            ];
            pairs.RemoveAll(Touches);
            pairs.AddRange(others.Select(other => (union, other, Similarity(union, other))));
        }

        return (segments, [.. regions.Select(region => region.Box)]);
    }

    private static int[] Segment(RgbImage image, double scale, double sigma, int minimumSize)
    {
        int width = image.Width,
            height = image.Height,
            pixels = width * height;
        double[] blurred = Blur(image, sigma);
        var edges = new List<(int A, int B, double Cost)>();
        void AddAll(int dx, int dy, bool up)
        {
            for (int y = 0; y + dy < height; y++)
            {
                for (int x = 0; x + dx < width; x++)
                {
                    int a = up ? (y + 1) * width + x : y * width + x,
                        b = up ? y * width + x + 1 : (y + dy) * width + x + dx;
                    double sum = 0;
                    for (int c = 0; c < 3; c++)
                    {
                        double difference = blurred[3 * a + c] - blurred[3 * b + c];
                        sum += difference * difference;
                    }

                    edges.Add((a, b, Math.Sqrt(sum)));
                }
            }
        }

        AddAll(1, 0, up: false);
        AddAll(0, 1, up: false);
        AddAll(1, 1, up: false);
        AddAll(1, 1, up: true);

        int[] parent = [.. Enumerable.Range(0, pixels)],
            size = [.. Enumerable.Repeat(1, pixels)];
        var inner = new double[pixels];
        double tau = scale / 255;
        int Root(int pixel) => parent[pixel] == pixel ? pixel : Root(parent[pixel]);
        int Join(int a, int b)
        {
            (int root, int child) = (Math.Min(a, b), Math.Max(a, b));
            parent[child] = root;
            size[root] += size[child];
            return root;
        }

        List<(int A, int B, double Cost)> ordered = [.. edges.OrderBy(edge => edge.Cost)];
        foreach ((int p, int q, double cost) in ordered)
        {
            int a = Root(p),
                b = Root(q);
            if (a != b && cost < Math.Min((float)(inner[a] + tau / size[a]), (float)(inner[b] + tau / size[b])))
            {
                inner[Join(a, b)] = cost;
            }
        }

        foreach ((int p, int q, _) in ordered)
        {
            int a = Root(p),
                b = Root(q);
            if (a != b && (size[a] < minimumSize || size[b] < minimumSize))
            {
                Join(a, b);
            }
        }

        int[] roots = [.. Enumerable.Range(0, pixels).Select(Root)];
        List<int> numbered = [.. roots.Distinct().Order()];
        return [.. roots.Select(root => numbered.BinarySearch(root))];
    }

    private static double[] Blur(RgbImage image, double sigma)
    {
        double[] kernel = GaussianBlur.HalfKernel(sigma),
            current = [.. image.Pixels.Select(level => level * (1.0 / 255))];
        int width = image.Width,
            height = image.Height;
        foreach (bool down in new[] { true, false })
        {
            var next = new double[current.Length];
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    for (int c = 0; c < 3; c++)
                    {
                        double At(int offset) =>
                            down
                                ? current[3 * (Mirror(y + offset, height) * width + x) + c]
                                : current[3 * (y * width + Mirror(x + offset, width)) + c];
                        double sum = At(0) * kernel[0];
                        for (int k = kernel.Length - 1; k > 0; k--)
                        {
                            sum += (At(-k) + At(k)) * kernel[k];
                        }

                        next[3 * (y * width + x) + c] = sum;
                    }
                }
            }

            current = next;
        }

        return current;
    }

    private static int Mirror(int i, int length)
    {
        while (i < 0 || i >= length)
        {
            i = i < 0 ? -1 - i : 2 * length - 1 - i;
        }

        return i;
    }

    /// <summary>[height, width][3] the pattern codes.</summary>
    public static double[,][] Patterns(RgbImage image)
    {
        var codes = new double[image.Height, image.Width][];
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                codes[y, x] = [.. Enumerable.Range(0, 3).Select(c => PatternAt(image, x, y, c))];
            }
        }

        return codes;
    }

    private static double PatternAt(RgbImage image, int x, int y, int channel)
    {
        double Pixel(double row, double column) =>
            row < 0 || column < 0 || row >= image.Height || column >= image.Width
                ? 0
                : image.Pixels[3 * ((int)row * image.Width + (int)column) + channel];
        double code = 0;
        for (int i = 0; i < 8; i++)
        {
            double row = y + Math.Round(-Math.Sin(2 * Math.PI * i / 8), 5),
                column = x + Math.Round(Math.Cos(2 * Math.PI * i / 8), 5);
            double top = Math.Floor(row),
                left = Math.Floor(column),
                bottom = Math.Ceiling(row),
                right = Math.Ceiling(column);
            double down = row - top,
                across = column - left;
            double upper = (1 - across) * Pixel(top, left) + across * Pixel(top, right);
            double lower = (1 - across) * Pixel(bottom, left) + across * Pixel(bottom, right);
            code += (1 - down) * upper + down * lower - Pixel(y, x) >= 0 ? 1 << i : 0;
        }

        return code;
    }
}
