using SkiaSharp;
using Soco.Vision.Random;
using Soco.Vision.Sources;

namespace Soco.Vision.Tests.Proposals;

/// <summary>Encoded images in memory, in ordinal order of their names; empty bytes stand for an unreadable image.</summary>
internal sealed class InMemorySource(IEnumerable<(string Name, byte[] Bytes)> images) : ImageSource
{
    private readonly (string Name, byte[] Bytes)[] _images = [.. images.OrderBy(image => image.Name, StringComparer.Ordinal)];

    public override int Count => _images.Length;

    public override string NameOf(int index) => _images[index].Name;

    public override byte[] ReadBytes(int index) => _images[index].Bytes;

    /// <summary>So many small images of colored rectangles, no two alike.</summary>
    public static InMemorySource Of(int count, Func<int, bool>? unreadable = null) =>
        new(Enumerable.Range(0, count).Select(i => ($"folder/{i:000}.png", unreadable?.Invoke(i) == true ? [] : Encode(i))));

    private static byte[] Encode(int seed)
    {
        var random = new CounterRandom((ulong)seed, 0, 0, 0);
        using var bitmap = new SKBitmap(60 + random.NextInt(80), 60 + random.NextInt(80));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.Black);
        using var paint = new SKPaint();
        for (int i = 0; i < 6; i++)
        {
            paint.Color = new SKColor((byte)random.NextInt(256), (byte)random.NextInt(256), (byte)random.NextInt(256));
            canvas.DrawRect(random.NextInt(80), random.NextInt(80), 20 + random.NextInt(50), 20 + random.NextInt(50), paint);
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
