using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Random;

namespace Soco.Benchmarks;

/// <summary>
/// Objects and detections as large as COCO's val2017, drawn by a seed: 7.2 objects an image in 80 classes of uneven number, outlines of 24
/// corners, 1 % crowds; 100 detections an image, a few near each object and the others anywhere, scores of three digits.
/// </summary>
internal static class EvaluationSet
{
    private const int Width = 640;
    private const int Height = 480;
    private const int Classes = 80;
    private const int Corners = 24;
    private const int DetectionsPerImage = 100;
    private const int NearEachObject = 4;
    private const double ObjectsPerImage = 7.2;

    public static (CocoDataset Truth, CocoDetection[] Detections) Draw(int imageCount, ulong seed)
    {
        CocoImage[] images = [.. Enumerable.Range(1, imageCount).Select(id => new CocoImage(id, $"{id:D12}.jpg", Width, Height))];
        CocoCategory[] categories = [.. Enumerable.Range(1, Classes).Select(id => new CocoCategory(id, $"class {id}", ""))];
        var objects = new List<CocoAnnotation>();
        var detections = new List<CocoDetection>();
        for (int i = 0; i < imageCount; i++)
        {
            var random = new CounterRandom(seed, 0, (ulong)i, 0);
            int count = (int)((i + 1) * ObjectsPerImage) - (int)(i * ObjectsPerImage);
            int detected = 0;
            for (int k = 0; k < count; k++)
            {
                var shape = new Shape(ref random);
                int category = Category(ref random);
                bool crowd = random.Bernoulli(0.01);
                PolygonMask mask = shape.Mask(ref random);
                objects.Add(
                    new CocoAnnotation(objects.Count + 1, i + 1, category, Bounds(mask), mask.ToRunLengths().Area)
                    {
                        Mask = crowd ? mask.ToRunLengths() : mask,
                        IsCrowd = crowd,
                    }
                );
                for (int n = 0; n < NearEachObject; n++, detected++)
                {
                    int guess = random.Bernoulli(0.8) ? category : Category(ref random);
                    detections.Add(Detect(i + 1, guess, shape.Moved(ref random), random.Uniform(0.05, 1), ref random));
                }
            }

            for (; detected < DetectionsPerImage; detected++)
            {
                detections.Add(Detect(i + 1, Category(ref random), new Shape(ref random), random.Uniform(0.05, 0.6), ref random));
            }
        }

        return (new CocoDataset(images, categories, objects), [.. detections]);
    }

    private static int Category(ref CounterRandom random) => 1 + (int)(Classes * Math.Pow(random.NextDouble(), 2));

    private static CocoDetection Detect(int image, int category, Shape shape, double score, ref CounterRandom random)
    {
        PolygonMask mask = shape.Mask(ref random);
        return new CocoDetection(image, category, Bounds(mask), Math.Round(score, 3), mask.ToRunLengths());
    }

    private static CocoBox Bounds(PolygonMask mask)
    {
        double[] corners = mask.Polygons[0];
        (double left, double right) = (corners.Where((_, i) => i % 2 == 0).Min(), corners.Where((_, i) => i % 2 == 0).Max());
        (double top, double bottom) = (corners.Where((_, i) => i % 2 != 0).Min(), corners.Where((_, i) => i % 2 != 0).Max());
        return new CocoBox(left, top, Math.Round(right - left, 2), Math.Round(bottom - top, 2));
    }

    private readonly record struct Shape(double X, double Y, double Across, double Down)
    {
        public Shape(ref CounterRandom random)
            : this(0, 0, Math.Exp(random.Uniform(1.5, 5.3)), Math.Exp(random.Uniform(1.5, 5.0)))
        {
            (X, Y) = (random.Uniform(0, Width), random.Uniform(0, Height));
        }

        public Shape Moved(ref CounterRandom random) =>
            new(
                X + Across * random.Uniform(-0.2, 0.2),
                Y + Down * random.Uniform(-0.2, 0.2),
                Across * random.Uniform(0.85, 1.15),
                Down * random.Uniform(0.85, 1.15)
            );

        public PolygonMask Mask(ref CounterRandom random)
        {
            double[] corners = new double[2 * Corners];
            for (int i = 0; i < Corners; i++)
            {
                double angle = 2 * Math.PI * i / Corners,
                    radius = random.Uniform(0.9, 1.1);
                corners[2 * i] = Math.Round(Math.Clamp(X + Across * radius * Math.Cos(angle), 0, Width), 2);
                corners[2 * i + 1] = Math.Round(Math.Clamp(Y + Down * radius * Math.Sin(angle), 0, Height), 2);
            }

            return new PolygonMask([corners], Width, Height);
        }
    }
}
