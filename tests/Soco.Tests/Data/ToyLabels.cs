using Soco.Detection.Data;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;
using Soco.Vision.Scenes;

namespace Soco.Tests.Data;

/// <summary>Labelled images in memory.</summary>
internal static class ToyLabels
{
    /// <summary>Drawn scenes of 96x72 pixels, with the masks of their objects.</summary>
    /// <param name="count">Scenes.</param>
    /// <param name="seed">Others give other scenes.</param>
    /// <param name="unreadable">Which of them are no images.</param>
    public static LabelledImages Scenes(int count, ulong seed = 1, params int[] unreadable)
    {
        var options = new SceneOptions { Width = 96, Height = 72 };
        Scene[] scenes = [.. Enumerable.Range(0, count).Select(index => SceneGenerator.Draw(seed, index, options))];
        var annotations = new List<CocoAnnotation>();
        foreach ((int index, Scene scene) in scenes.Index())
        {
            annotations.AddRange(
                scene.Objects.Select((thing, i) => CocoAnnotation.Of(100 * index + i + 1, index + 1, (int)thing.Class, thing.Mask))
            );
        }

        return Of(
            [.. scenes.Select((scene, index) => unreadable.Contains(index) ? "not an image"u8.ToArray() : ToyImages.Bitmap(scene.Image))],
            [.. scenes.Select(scene => (scene.Image.Width, scene.Image.Height))],
            SceneGenerator.Categories,
            annotations
        );
    }

    /// <summary>Black images, each with white boxes that are its objects, of one class.</summary>
    public static LabelledImages Boxes(params (int Width, int Height, BoxXywh[] Boxes)[] images)
    {
        var annotations = new List<CocoAnnotation>();
        var files = new List<byte[]>();
        foreach ((int index, (int width, int height, BoxXywh[] boxes)) in images.Index())
        {
            var image = new RgbImage(width, height);
            foreach (BoxXywh box in boxes)
            {
                byte[] mask = new byte[width * height];
                for (int y = box.Y; y < box.Y + box.Height; y++)
                {
                    image.Pixels.AsSpan(3 * (y * width + box.X), 3 * box.Width).Fill(255);
                    mask.AsSpan(y * width + box.X, box.Width).Fill(1);
                }

                annotations.Add(CocoAnnotation.Of(annotations.Count + 1, index + 1, 1, RunLengthMask.Encode(mask, width, height)));
            }

            files.Add(ToyImages.Bitmap(image));
        }

        return Of([.. files], [.. images.Select(image => (image.Width, image.Height))], [new CocoCategory(1, "box", "")], annotations);
    }

    /// <summary>Images that are files in memory, named scene-000.bmp and so on.</summary>
    public static LabelledImages Of(
        byte[][] files,
        (int Width, int Height)[] sizes,
        IReadOnlyList<CocoCategory> categories,
        IReadOnlyList<CocoAnnotation> annotations
    )
    {
        var source = new ToyImages(files, []);
        CocoImage[] images = [.. sizes.Select((size, index) => new CocoImage(index + 1, source.NameOf(index), size.Width, size.Height))];
        return new LabelledImages(source, new CocoDataset(images, categories, annotations), "toy.json");
    }
}
