using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;

namespace Soco.Vision.Inference;

/// <summary>
/// Detection in the tiles of a large image: each tile and the whole image are looked at, and what was found twice is found once (the idea
/// of Akyon et al., Slicing Aided Hyper Inference, 2022).
/// </summary>
public static class TiledDetection
{
    /// <summary>IoU above which two boxes of a class are one object.</summary>
    private const double SameObject = 0.5;

    /// <summary>Share of a box at a tile's border that lies in another of its class, above which it is a part of that object.</summary>
    private const double PartOfObject = 0.5;

    /// <summary>Pixels from the border of a tile within which a box is taken to be cut off.</summary>
    private const double Border = 2;

    /// <summary>Detects in an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="options">The tiles.</param>
    /// <param name="detect">Detects in an image of any size; the objects in its pixels.</param>
    /// <returns>
    /// The objects in pixels of the image, best score first. Where one tile holds the image, what <paramref name="detect"/> returns.
    /// </returns>
    public static IReadOnlyList<DetectedObject> Detect(
        RgbImage image,
        TileOptions options,
        Func<RgbImage, IReadOnlyList<DetectedObject>> detect
    )
    {
        var size = new ImageSize(image.Height, image.Width);
        IReadOnlyList<BoxXywh> tiles = options.TilesOf(size);
        IReadOnlyList<DetectedObject> whole = detect(image);
        if (tiles.Count == 1)
        {
            return whole;
        }

        var complete = new List<DetectedObject>(whole);
        var cut = new List<DetectedObject>();
        foreach (BoxXywh tile in tiles)
        {
            foreach (DetectedObject found in detect(Crop(image, tile)))
            {
                (IsCut(found.Box, tile, size) ? cut : complete).Add(InImage(found, tile, size));
            }
        }

        return Merge(complete, cut);
    }

    private static RgbImage Crop(RgbImage image, BoxXywh tile)
    {
        var crop = new RgbImage(tile.Width, tile.Height);
        for (int y = 0; y < tile.Height; y++)
        {
            image.Pixels.AsSpan(3 * ((tile.Y + y) * image.Width + tile.X), 3 * tile.Width).CopyTo(crop.Pixels.AsSpan(3 * y * tile.Width));
        }

        return crop;
    }

    /// <summary>Whether a box reaches a border of its tile that is none of the image.</summary>
    private static bool IsCut(BoxXyxy box, BoxXywh tile, ImageSize image) =>
        (box.X1 < Border && tile.X > 0)
        || (box.Y1 < Border && tile.Y > 0)
        || (box.X2 > tile.Width - Border && tile.X + tile.Width < image.Width)
        || (box.Y2 > tile.Height - Border && tile.Y + tile.Height < image.Height);

    private static DetectedObject InImage(DetectedObject found, BoxXywh tile, ImageSize image) =>
        found with
        {
            Box = new BoxXyxy(found.Box.X1 + tile.X, found.Box.Y1 + tile.Y, found.Box.X2 + tile.X, found.Box.Y2 + tile.Y),
            Mask = found.Mask is { } mask ? RunLengthMask.Encode(mask.DecodeRuns(), tile, image.Width, image.Height) : null,
        };

    /// <summary>Greedy suppression within a class, complete boxes before those that a tile cut off.</summary>
    private static DetectedObject[] Merge(List<DetectedObject> complete, List<DetectedObject> cut)
    {
        var kept = new Dictionary<int, List<DetectedObject>>();
        Take(complete, (box, other) => Common(box, other) > SameObject * (Area(box) + Area(other) - Common(box, other)));
        Take(cut, (box, other) => Common(box, other) > PartOfObject * Area(box));
        return [.. kept.Values.SelectMany(objects => objects).OrderByDescending(found => found.Score)];

        void Take(List<DetectedObject> objects, Func<BoxXyxy, BoxXyxy, bool> isSame)
        {
            foreach (DetectedObject found in objects.OrderByDescending(found => found.Score))
            {
                if (!kept.TryGetValue(found.Label, out List<DetectedObject>? rivals))
                {
                    kept[found.Label] = rivals = [];
                }

                if (!rivals.Exists(other => isSame(found.Box, other.Box)))
                {
                    rivals.Add(found);
                }
            }
        }
    }

    private static double Area(BoxXyxy box) => box.Width * box.Height;

    private static double Common(BoxXyxy a, BoxXyxy b) =>
        Math.Max(Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), 0) * Math.Max(Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1), 0);
}
