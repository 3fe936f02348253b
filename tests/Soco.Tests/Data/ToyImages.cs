using System.Buffers.Binary;
using Soco.Pretraining.Data;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Scenes;
using Soco.Vision.Sources;

namespace Soco.Tests.Data;

/// <summary>Encoded images in memory.</summary>
internal sealed class ToyImages(byte[][] files, BoxXywh[][] boxes) : ImageSource
{
    public override int Count => files.Length;

    /// <summary>How often each image was read.</summary>
    public int[] Reads { get; } = new int[files.Length];

    public TrainingImages All => new(this, [.. Enumerable.Range(0, Count)], index => boxes[index]);

    public override string NameOf(int index) => $"scene-{index:D3}.bmp";

    public override byte[] ReadBytes(int index)
    {
        Interlocked.Increment(ref Reads[index]);
        return files[index];
    }

    /// <summary>Drawn scenes of 96x72 pixels with the boxes of their objects.</summary>
    /// <param name="count">Scenes.</param>
    /// <param name="seed">Others give other scenes.</param>
    /// <param name="unreadable">Which of them are no images.</param>
    public static ToyImages Scenes(int count, ulong seed = 1, params int[] unreadable)
    {
        var options = new SceneOptions { Width = 96, Height = 72 };
        Scene[] scenes = [.. Enumerable.Range(0, count).Select(index => SceneGenerator.Draw(seed, index, options))];
        return new ToyImages(
            [.. scenes.Select((scene, index) => unreadable.Contains(index) ? "not an image"u8.ToArray() : Bitmap(scene.Image))],
            [
                .. scenes.Select(scene =>
                    scene.Objects.Select(thing => thing.Box).Where(box => box is { Width: >= 8, Height: >= 8 }).ToArray()
                ),
            ]
        );
    }

    /// <summary>An uncompressed image file.</summary>
    public static byte[] Bitmap(RgbImage image)
    {
        const int Header = 54;
        int stride = (3 * image.Width + 3) / 4 * 4;
        var file = new byte[Header + stride * image.Height];
        "BM"u8.CopyTo(file);
        foreach (
            (int at, int value) in new[]
            {
                (2, file.Length),
                (10, Header),
                (14, 40),
                (18, image.Width),
                (22, -image.Height),
                (26, 1 | (24 << 16)),
            }
        )
        {
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
        }

        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                (byte r, byte g, byte b) = image[x, y];
                ((Span<byte>)[b, g, r]).CopyTo(file.AsSpan(Header + y * stride + 3 * x));
            }
        }

        return file;
    }
}
