using CsCheck;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;

namespace Soco.Vision.Tests.Inference;

/// <summary>
/// Detection in tiles, with a detector that finds drawn rectangles exactly and misses those that are small in what it sees.
/// </summary>
public sealed class TiledDetectionTests
{
    private const int Seen = 100;

    [Fact]
    public void Tiles_cover_the_image_and_overlap_as_asked() =>
        Gen.Select(Gen.Int[32, 300], Gen.Double[0, 0.9], Gen.Int[1, 1000], Gen.Int[1, 1000])
            .Sample(
                (side, overlap, width, height) =>
                {
                    IReadOnlyList<BoxXywh> tiles = new TileOptions(side, overlap).TilesOf(new ImageSize(height, width));
                    Covers([.. tiles.Select(tile => (tile.X, tile.Width)).Distinct()], width);
                    Covers([.. tiles.Select(tile => (tile.Y, tile.Height)).Distinct()], height);

                    void Covers((int Start, int Length)[] spans, int length)
                    {
                        Assert.Equal(0, spans[0].Start);
                        Assert.Equal(length, spans[^1].Start + spans[^1].Length);
                        Assert.All(spans, span => Assert.Equal(Math.Min(side, length), span.Length));
                        Assert.All(
                            spans.Zip(spans.Skip(1)),
                            pair => Assert.InRange(pair.First.Start + side - pair.Second.Start, (int)Math.Ceiling(side * overlap), side)
                        );
                    }
                }
            );

    [Fact]
    public void An_image_no_larger_than_a_tile_is_looked_at_once()
    {
        int looks = 0;
        TiledDetection.Detect(
            new RgbImage(64, 50),
            new TileOptions(64),
            image =>
            {
                looks++;
                return [];
            }
        );
        Assert.Equal(1, looks);
    }

    [Fact]
    public void Small_objects_are_found_once_and_where_they_are()
    {
        // Objects of 12 pixels, too small in the whole image of 400; some lie on borders of tiles. The last is larger than a tile.
        BoxXywh[] objects = [new(5, 5, 12, 12), new(94, 30, 12, 12), new(180, 90, 12, 12), new(360, 380, 12, 12), new(150, 150, 170, 160)];
        RgbImage image = Drawn(400, 400, objects);

        IReadOnlyList<DetectedObject> whole = Detect(image),
            tiled = TiledDetection.Detect(image, new TileOptions(100), Detect);

        Assert.Single(whole);
        Assert.Equal(
            objects,
            tiled
                .Select(found => new BoxXywh((int)found.Box.X1, (int)found.Box.Y1, (int)found.Box.Width, (int)found.Box.Height))
                .OrderBy(box => (box.Width, box.X))
        );
        Assert.All(
            tiled,
            found =>
            {
                Assert.Equal((400, 400), (found.Mask!.Width, found.Mask.Height));
                Assert.Equal(
                    found.Box,
                    new BoxXyxy(
                        found.Mask.Box.X,
                        found.Mask.Box.Y,
                        found.Mask.Box.X + found.Mask.Box.Width,
                        found.Mask.Box.Y + found.Mask.Box.Height
                    )
                );
            }
        );
        Assert.Equal(tiled.Select(found => found.Score).OrderDescending(), tiled.Select(found => found.Score));
    }

    [Fact]
    public void Neighbors_of_different_classes_stay_both()
    {
        var box = new BoxXyxy(10, 10, 30, 30);
        IReadOnlyList<DetectedObject> found = TiledDetection.Detect(
            new RgbImage(200, 50),
            new TileOptions(64),
            tile => tile.Width == 200 ? [new DetectedObject(box, 0, 0.9f, null), new DetectedObject(box, 1, 0.8f, null)] : []
        );
        Assert.Equal([0, 1], found.Select(item => item.Label));
    }

    [Theory]
    [InlineData(31, 0.2)]
    [InlineData(100, -0.1)]
    [InlineData(100, 0.95)]
    [InlineData(100, double.NaN)]
    public void Impossible_tiles_are_refused(int side, double overlap) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TileOptions(side, overlap));

    private static RgbImage Drawn(int width, int height, BoxXywh[] objects)
    {
        var image = new RgbImage(width, height);
        for (int i = 0; i < objects.Length; i++)
        {
            for (int y = objects[i].Y; y < objects[i].Y + objects[i].Height; y++)
            {
                for (int x = objects[i].X; x < objects[i].X + objects[i].Width; x++)
                {
                    image.Pixels[3 * (y * width + x)] = (byte)(i + 1);
                }
            }
        }

        return image;
    }

    /// <summary>The rectangles of the image, each with a score that grows with its area, if a side is a tenth of the image.</summary>
    private static IReadOnlyList<DetectedObject> Detect(RgbImage image)
    {
        byte[] values = [.. Enumerable.Range(0, image.Width * image.Height).Select(i => image.Pixels[3 * i])];
        return
        [
            .. values
                .Where(value => value > 0)
                .Distinct()
                .Select(value =>
                {
                    RunLengthMask mask = RunLengthMask.Encode(
                        [.. values.Select(other => other == value ? (byte)1 : (byte)0)],
                        image.Width,
                        image.Height
                    );
                    BoxXywh box = mask.Box;
                    return new DetectedObject(
                        new BoxXyxy(box.X, box.Y, box.X + box.Width, box.Y + box.Height),
                        0,
                        1 - 1 / (1f + box.Width * box.Height),
                        mask
                    );
                })
                .Where(found => found.Box.Width * Seen / image.Width >= 10 || found.Box.Height * Seen / image.Height >= 10),
        ];
    }
}
