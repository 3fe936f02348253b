using System.Text.Json;
using Soco.Vision.Annotations;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Cvat;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Annotations.Voc;
using Soco.Vision.Annotations.Yolo;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Annotations;

public sealed class LabelWriterTests : IDisposable
{
    private static readonly CocoDataset s_labels = new(
        [new CocoImage(7, "a.png", 64, 48), new CocoImage(9, "sub/b.png", 30, 20), new CocoImage(11, "gone.png", 0, 0)],
        [new CocoCategory(3, "a cat", ""), new CocoCategory(5, "dog \"x\"", "")],
        [
            new CocoAnnotation(1, 7, 5, new CocoBox(3, 4, 20, 10), 200),
            new CocoAnnotation(2, 7, 3, new CocoBox(1, 2, 10, 6), 60)
            {
                Mask = new PolygonMask(
                    [
                        [1, 2, 11, 2, 11, 8, 1, 8],
                    ],
                    64,
                    48
                ),
            },
            new CocoAnnotation(3, 7, 3, new CocoBox(0, 0, 9, 9), 81) { IsCrowd = true },
            new CocoAnnotation(4, 9, 3, new CocoBox(2, 2, 4, 4), 16)
            {
                Mask = RunLengthMask.Encode(new byte[600], 30, 20),
                IsDifficult = true,
            },
            new CocoAnnotation(5, 11, 3, new CocoBox(2, 2, 4, 4), 16),
        ]
    );

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Yolo_comes_back_with_the_same_boxes_and_polygons()
    {
        LabelLosses losses = LabelWriter.Save(s_labels, LabelFormat.Yolo, _folder.Root);
        Images("images");

        CocoDataset read = YoloReader.Read(_folder.Root, "train");
        Assert.Equal(["a cat", "dog \"x\""], read.Categories.Select(category => category.Name));
        Assert.Equal(["a.png", "sub/b.png"], read.Images.Select(image => image.FileName));
        Assert.Equal([2, 1, 1], read.Annotations.Select(found => found.CategoryId));
        AssertClose([new CocoBox(3, 4, 20, 10), new CocoBox(1, 2, 10, 6), new CocoBox(2, 2, 4, 4)], read);
        Assert.NotNull(read.Annotations[1].Mask);
        Assert.Equal(
            [
                "1 image left out: missing or unreadable, so the size is not known",
                "1 crowd region left out: the format cannot mark crowds",
                "1 mask left out: the format has no such masks, the boxes stay",
                "1 mark of difficult objects left out: the format has no such mark",
            ],
            losses.Sentences()
        );
    }

    [Fact]
    public void Voc_comes_back_with_the_same_boxes()
    {
        LabelLosses losses = LabelWriter.Save(s_labels, LabelFormat.Voc, _folder.Root);

        CocoDataset read = VocReader.Read(_folder.Root, "all");
        Assert.Equal(["a.png", "sub/b.png"], read.Images.Select(image => image.FileName));
        Assert.Equal([(64, 48), (30, 20)], read.Images.Select(image => (image.Width, image.Height)));
        Assert.Equal([false, false, true], read.Annotations.Select(found => found.IsDifficult));
        AssertClose([new CocoBox(3, 4, 20, 10), new CocoBox(1, 2, 10, 6), new CocoBox(2, 2, 4, 4)], read);
        Assert.Equal(2, losses.Masks);
    }

    [Fact]
    public void Coco_keeps_everything_but_difficulty()
    {
        LabelLosses losses = LabelWriter.Save(s_labels, LabelFormat.Coco, _folder.Root);

        CocoDataset read = CocoReader.Read(_folder.File("annotations.json"));
        Assert.Equal(
            s_labels.Annotations.Take(4).Select(found => (found.Id, found.Box, found.IsCrowd)),
            read.Annotations.Select(found => (found.Id, found.Box, found.IsCrowd))
        );
        Assert.Equal(1, losses.Difficult);
        Assert.Equal(0, losses.Masks);
    }

    [Fact]
    public void Cvat_comes_back_with_the_same_boxes_polygons_and_pixels()
    {
        byte[] ring = [1, 1, 1, 1, 0, 1, 1, 1, 1];
        var parts = new PolygonMask(
            [
                [0, 0, 4, 0, 4, 4, 0, 4],
                [10, 10, 14, 10, 14, 14, 10, 14],
            ],
            64,
            48
        );
        CocoDataset labels = s_labels with
        {
            Annotations =
            [
                .. s_labels.Annotations,
                new CocoAnnotation(6, 9, 5, new CocoBox(5, 6, 3, 3), 8)
                {
                    Mask = RunLengthMask.Encode(ring, new BoxXywh(5, 6, 3, 3), 30, 20),
                },
                new CocoAnnotation(7, 7, 5, new CocoBox(0, 0, 14, 14), 32) { Mask = parts },
            ],
        };
        LabelLosses losses = LabelWriter.Save(labels, LabelFormat.Cvat, _folder.Root);

        CocoDataset read = CvatReader.Read(_folder.Root);
        Assert.Equal(["a cat", "dog \"x\""], read.Categories.Select(category => category.Name));
        Assert.Equal([("a.png", 64, 48), ("sub/b.png", 30, 20)], read.Images.Select(image => (image.FileName, image.Width, image.Height)));
        AssertClose(
            [
                new CocoBox(3, 4, 20, 10),
                new CocoBox(1, 2, 10, 6),
                new CocoBox(0, 0, 14, 14),
                new CocoBox(2, 2, 4, 4),
                new CocoBox(5, 6, 3, 3),
            ],
            read
        );
        Assert.Equal([1, 2, 11, 2, 11, 8, 1, 8], Assert.Single(Assert.IsType<PolygonMask>(read.Annotations[1].Mask).Polygons));
        Assert.Equal(parts.Polygons, Assert.IsType<PolygonMask>(read.Annotations[2].Mask).Polygons);
        Assert.Equal(labels.Annotations[5].Mask!.Decode(), read.Annotations[4].Mask!.Decode());
        Assert.Equal((1, 1, 1, 1), (losses.Crowds, losses.Masks, losses.Difficult, losses.UnsizedImages));
    }

    [Theory]
    [InlineData(LabelFormat.Voc)]
    [InlineData(LabelFormat.Cvat)]
    public void Names_that_XML_cannot_hold_lose_only_those_characters(LabelFormat format)
    {
        CocoDataset labels = s_labels with
        {
            Categories = [new CocoCategory(3, "a\u0001<&\"'\ud83d\ude00", ""), new CocoCategory(5, "b\u001b\ud83d]]>", "")],
        };

        LabelLosses losses = LabelWriter.Save(labels, format, _folder.Root);

        CocoDataset read = format == LabelFormat.Voc ? VocReader.Read(_folder.Root, "all") : CvatReader.Read(_folder.Root);
        Assert.Equal(
            ["a\ufffd<&\"'\ud83d\ude00", "b\ufffd\ufffd]]>"],
            read.Categories.Select(category => category.Name).Order(StringComparer.Ordinal)
        );
        Assert.Contains(losses.Sentences(), sentence => sentence.Contains("control characters", StringComparison.Ordinal));
    }

    [Fact]
    public void Labelme_has_a_file_beside_each_image()
    {
        LabelWriter.Save(s_labels, LabelFormat.Labelme, _folder.Root);

        using JsonDocument read = JsonDocument.Parse(File.ReadAllText(_folder.File("images/a.json")));
        Assert.Equal("a.png", read.RootElement.GetProperty("imagePath").GetString());
        Assert.Equal(64, read.RootElement.GetProperty("imageWidth").GetInt32());
        JsonElement[] shapes = [.. read.RootElement.GetProperty("shapes").EnumerateArray()];
        Assert.Equal(
            ["rectangle dog \"x\"", "polygon a cat"],
            shapes.Select(shape => $"{shape.GetProperty("shape_type")} {shape.GetProperty("label")}")
        );
        Assert.Equal("[[3,4],[23,14]]", shapes[0].GetProperty("points").GetRawText().ReplaceLineEndings("").Replace(" ", ""));
        Assert.True(File.Exists(_folder.File("images/sub/b.json")));
    }

    private static void AssertClose(CocoBox[] expected, CocoDataset read)
    {
        Assert.Equal(expected.Length, read.Annotations.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            CocoBox box = read.Annotations[i].Box;
            Assert.Equal(expected[i].X, box.X, 1e-6);
            Assert.Equal(expected[i].Y, box.Y, 1e-6);
            Assert.Equal(expected[i].Width, box.Width, 1e-6);
            Assert.Equal(expected[i].Height, box.Height, 1e-6);
        }
    }

    private void Images(string folder)
    {
        foreach (CocoImage image in s_labels.Images.Where(image => image.HasSize))
        {
            ImageWriter.SavePng(
                new RgbImage(image.Width, image.Height, new byte[3 * image.Width * image.Height]),
                _folder.File($"{folder}/{image.FileName}")
            );
        }
    }
}
