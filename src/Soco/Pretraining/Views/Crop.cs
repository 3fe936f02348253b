using Soco.Vision;
using Soco.Vision.Random;

namespace Soco.Pretraining.Views;

/// <summary>A part of an image in whole pixels.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
public readonly record struct Crop(int Left, int Top, int Width, int Height)
{
    private const int Tries = 10;

    /// <summary>The whole image.</summary>
    public static Crop Whole(int width, int height) => new(0, 0, width, height);

    /// <summary>
    /// A random crop: area share uniform in [<paramref name="minArea"/>, 1], logarithm of the aspect uniform; after ten misses the largest
    /// center crop whose aspect is in range (torchvision's RandomResizedCrop).
    /// </summary>
    /// <param name="random">The draws.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="minArea">Smallest area share, in (0, 1].</param>
    /// <param name="minAspect">Smallest width / height.</param>
    /// <param name="maxAspect">Largest width / height.</param>
    public static Crop Random(ref CounterRandom random, int width, int height, double minArea, double minAspect, double maxAspect)
    {
        double logMin = Math.Log(minAspect),
            logMax = Math.Log(maxAspect);
        for (int i = 0; i < Tries; i++)
        {
            double area = random.Uniform(minArea, 1) * width * height;
            double aspect = Math.Exp(random.Uniform(logMin, logMax));
            int w = (int)Math.Round(Math.Sqrt(area * aspect)),
                h = (int)Math.Round(Math.Sqrt(area / aspect));
            if (w > 0 && w <= width && h > 0 && h <= height)
            {
                int top = random.NextInt(height - h + 1);
                return new Crop(random.NextInt(width - w + 1), top, w, h);
            }
        }

        double whole = (double)width / height;
        (int cropWidth, int cropHeight) =
            whole < minAspect ? (width, (int)Math.Round(width / minAspect))
            : whole > maxAspect ? ((int)Math.Round(height * maxAspect), height)
            : (width, height);
        return new Crop((width - cropWidth) / 2, (height - cropHeight) / 2, Math.Max(cropWidth, 1), Math.Max(cropHeight, 1));
    }

    /// <summary>Whether what the crop shows of a box has an area; a crop of one column or row shows of every box an edge at most.</summary>
    /// <param name="box">Inclusive corners in pixels of the image, the second beyond the first.</param>
    public bool Overlaps(BoxXyxy box) => Clip(box) is { Width: > 0, Height: > 0 };

    /// <summary>A box clipped to the crop, in units of it (0 to 1): what a resized view shows of it.</summary>
    /// <param name="box">Inclusive corners in pixels of the image; it overlaps the crop.</param>
    public BoxXyxy Clip(BoxXyxy box) =>
        new(
            (Math.Max(box.X1, Left) - Left) / Width,
            (Math.Max(box.Y1, Top) - Top) / Height,
            (Math.Min(box.X2, Left + Width - 1) - Left) / Width,
            (Math.Min(box.Y2, Top + Height - 1) - Top) / Height
        );
}
