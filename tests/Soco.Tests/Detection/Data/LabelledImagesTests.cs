using SkiaSharp;
using Soco.Detection.Data;
using Soco.Tests.Data;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;

namespace Soco.Tests.Detection.Data;

public sealed class LabelledImagesTests : IDisposable
{
    private static readonly CocoCategory[] s_classes = [new(1, "red", "")];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_object_without_a_usable_mask_leaves_the_masks_of_the_others()
    {
        using LabelledImages images = Bitmaps(
            [
                Annotation(1) with
                {
                    Mask = new PolygonMask(
                        [
                            [5, 5, 25, 5, 25, 25],
                        ],
                        64,
                        48
                    ),
                },
                Annotation(2),
                Annotation(3) with
                {
                    MaskError = "it is damaged",
                },
                Annotation(4) with
                {
                    Mask = new PolygonMask(
                        [
                            [100, 5, 125, 5, 125, 25],
                        ],
                        64,
                        48
                    ),
                },
                Annotation(5) with
                {
                    Mask = new PolygonMask(
                        [
                            [5, 5, 5, 25, 5, 15],
                        ],
                        64,
                        48
                    ),
                },
                Annotation(6) with
                {
                    Mask = RunLengthMask.Encode(new byte[64 * 48], 64, 48),
                },
            ],
            ("scene-000.bmp", 64, 48)
        );

        Assert.Equal((true, 6, 5, false), (images.HasMasks, images.Objects, images.ObjectsWithoutMask, images.MasksAreMeasurable));
        Assert.Equal([false, true, true, true, true, true], images.ObjectsOf(0).Select(item => item.Mask is null));
        Assert.Equal(
            "5 of 6 objects have no mask that can be used; their boxes are learned, and the masks of the others",
            Assert.Single(images.Notes(withMasks: true))
        );
        Assert.Empty(images.Notes(withMasks: false));
    }

    [Fact]
    public void Images_are_found_by_the_end_of_their_names_and_have_the_names_of_the_source()
    {
        using LabelledImages images = Bitmaps([Annotation(1)], ("..\\upload\\4\\scene-001.bmp", 64, 48), ("./scene-000.bmp", 64, 48));

        Assert.Equal([1, 0], new[] { images.SourceIndexOf(0), images.SourceIndexOf(1) });
        Assert.Equal(["scene-001.bmp", "scene-000.bmp"], images.Truth.Images.Select(image => image.FileName));
        Assert.Equal(
            "1 of 2 images were found under another name, such as ..\\upload\\4\\scene-001.bmp, which is scene-001.bmp",
            Assert.Single(images.Notes(withMasks: false))
        );
    }

    [Theory]
    [InlineData("a/scene-000.bmp", "b/scene-000.bmp", "the images 1 and 2 are both scene-000.bmp (a/scene-000.bmp and b/scene-000.bmp)")]
    [InlineData("scene-000.bmp", "scene-000.png", "the images 1 and 2 are both scene-000.bmp")]
    [InlineData("scene-000.bmp", "/etc/passwd", "image 2 is /etc/passwd, which is not among the 2 images")]
    public void Names_that_do_not_tell_the_images_apart_are_refused(string first, string second, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<SocoDataException>(() => Bitmaps([Annotation(1)], (first, 64, 48), (second, 64, 48))).Message
        );

    [Fact]
    public void A_size_that_the_annotations_do_not_state_is_that_of_the_image()
    {
        string json = _folder.File("unsized.json");
        File.WriteAllText(
            json,
            """
            {"images": [{"id": 1, "file_name": "scene-000.bmp"}, {"id": 2, "file_name": "scene-001.bmp", "width": -1, "height": -1}], "categories": [{"id": 1, "name": "a"}],
             "annotations": [{"id": 1, "image_id": 2, "category_id": 1, "bbox": [50, 5, 40, 20], "segmentation": [[50, 5, 60, 5, 60, 25, 50, 25]]}]}
            """
        );
        using var images = new LabelledImages(
            new ToyImages([ToyImages.Bitmap(new RgbImage(64, 48)), ToyImages.Bitmap(new RgbImage(64, 48))], []),
            CocoReader.Read(json),
            json
        );

        Assert.Equal([(64, 48), (64, 48)], images.Truth.Images.Select(image => (image.Width, image.Height)));
        LabelledObject only = Assert.Single(images.ObjectsOf(1));
        Assert.Equal(new BoxXyxy(50, 5, 64, 25), only.Box);
        Assert.Equal((64, 48, 200), (only.Mask!.Width, only.Mask.Height, only.Mask.ToRunLengths().Area));
        Assert.True(images.MasksAreMeasurable);
    }

    [Fact]
    public void Labels_of_stored_pixels_are_told_from_labels_of_another_image()
    {
        using LabelledImages images = Of([Turned(96, 72)], [Annotation(1)], ("scene-000.bmp", 96, 72));
        var turned = Assert.Throws<UnreadableImageException>(() =>
            images.Check(0, ImageDecoder.Decode(images.Source.ReadBytes(0), "scene-000.bmp"))
        );
        Assert.Equal(
            "it is 72 x 96 pixels, turned by its EXIF orientation, and its annotations are for 96 x 72, the pixels as they are stored: label the upright image, or take the orientation out of the file",
            turned.Reason
        );

        using LabelledImages lying = Bitmaps([Annotation(1)], ("scene-000.bmp", 48, 64));
        Assert.Equal(
            "it is 64 x 48 pixels, and its annotations are for 48 x 64",
            Assert.Throws<UnreadableImageException>(() => lying.Check(0, new RgbImage(64, 48))).Reason
        );
    }

    private static CocoAnnotation Annotation(long id) => new(id, 1, 1, new CocoBox(5, 5, 20, 20), 400);

    private static LabelledImages Bitmaps(CocoAnnotation[] annotations, params (string Name, int Width, int Height)[] images) =>
        Of([ToyImages.Bitmap(new RgbImage(64, 48)), ToyImages.Bitmap(new RgbImage(64, 48))], annotations, images);

    private static LabelledImages Of(byte[][] files, CocoAnnotation[] annotations, params (string Name, int Width, int Height)[] images) =>
        new(
            new ToyImages(files, []),
            new CocoDataset(
                [.. images.Select((image, index) => new CocoImage(index + 1, image.Name, image.Width, image.Height))],
                s_classes,
                annotations
            ),
            "toy.json"
        );

    /// <summary>A JPEG of a stored size with the EXIF orientation 6, after which its columns are its rows.</summary>
    private static byte[] Turned(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        ReadOnlySpan<byte> jpeg = data.AsSpan();
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }
}
