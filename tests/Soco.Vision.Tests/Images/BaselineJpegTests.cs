using CsCheck;
using SkiaSharp;
using Soco.Images;
using Soco.Images.Jpeg;

namespace Soco.Tests.Images;

public class BaselineJpegTests
{
    private static readonly string[] Unusual = ["CMYK JPEG", "YCCK JPEG", "progressive JPEG", "wide progressive JPEG"];

    private static readonly SKJpegEncoderDownsample[] Samplings =
        [SKJpegEncoderDownsample.Downsample444, SKJpegEncoderDownsample.Downsample422, SKJpegEncoderDownsample.Downsample420];

    private static readonly string[] Usual = ["wide JPEG 4:4:4", "wide JPEG 4:2:0", "JPEG with restart markers"];

    private static readonly Gen<(RgbImage Image, int Quality, SKJpegEncoderDownsample Sampling)> Any =
        from width in Gen.Int[16, 80]
        from height in Gen.Int[1, 50]
        from start in Gen.Byte
        from steps in Gen.Int[0, 40].Array[4]
        from noise in Gen.Int[0, 255]
        from seed in Gen.Int
        from quality in Gen.Int[20, 100]
        from sampling in Gen.Int[0, 2]
        select (Draw(width, height, start, steps, noise, seed), quality, Samplings[sampling]);

    [Fact]
    public void Pixels_are_those_of_the_library() => Any.Sample(one =>
    {
        byte[] file = Encode(one.Image, one.Quality, one.Sampling);
        RgbImage? decoded = BaselineJpeg.Decode(file);
        Assert.NotNull(decoded);
        Assert.Equal(ImageDecoder.DecodeBySkia(file, "library").Pixels, decoded.Pixels);
    });

    [Fact]
    public void What_is_unusual_is_left_to_the_library() =>
        Assert.All(EncodedImages.Names.Where(name => name.Contains("JPEG")), name =>
            Assert.Equal(name.Contains("wide") && !Unusual.Contains(name) || name.Contains("restart"), BaselineJpeg.Decode(EncodedImages.FileOf(name)) is not null));

    [Fact]
    public void Damage_is_left_to_the_library_or_read_but_never_breaks_out() =>
        Gen.Select(Gen.Int[0, Usual.Length - 1], Gen.Select(Gen.Int, Gen.Byte).Array[1, 8], Gen.Int).Sample((which, changes, cut) =>
        {
            byte[] file = [.. EncodedImages.FileOf(Usual[which])];
            foreach ((int at, byte value) in changes)
            {
                file[(int)((uint)at % file.Length)] = value;
            }

            BaselineJpeg.Decode(file);
            Assert.Null(BaselineJpeg.Decode(file.AsSpan(0, (int)((uint)cut % (file.Length - 1)))));
        });

    private static RgbImage Draw(int width, int height, byte start, int[] steps, int noise, int seed)
    {
        var image = new RgbImage(width, height);
        var random = new Random(seed);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            (int x, int y, int channel) = (i / 3 % width, i / 3 / width, i % 3);
            image.Pixels[i] = (byte)(start + x * steps[0] + y * steps[1] + channel * steps[2] * x + steps[3] * x * y / 16 + random.Next(noise + 1));
        }

        return image;
    }

    private static byte[] Encode(RgbImage image, int quality, SKJpegEncoderDownsample sampling)
    {
        using var bitmap = new SKBitmap(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                (byte r, byte g, byte b) = image[x, y];
                bitmap.SetPixel(x, y, new SKColor(r, g, b));
            }
        }

        using SKPixmap pixmap = bitmap.PeekPixels();
        using SKData data = pixmap.Encode(new SKJpegEncoderOptions(quality, sampling, SKJpegEncoderAlphaOption.Ignore))!;
        return data.ToArray();
    }
}
