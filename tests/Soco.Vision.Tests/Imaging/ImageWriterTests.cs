using SkiaSharp;
using Soco.Vision.Imaging;
using Soco.Vision.IO;

namespace Soco.Vision.Tests.Imaging;

public sealed class ImageWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("soco-writer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_png_holds_the_very_pixels_and_makes_its_folder()
    {
        RgbImage image = Ramp();
        string path = Path.Combine(_folder, "new", "ramp.png");
        ImageWriter.SavePng(image, path);
        using SKBitmap read = SKBitmap.Decode(path);
        Assert.Equal((image.Width, image.Height), (read.Width, read.Height));
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                SKColor color = read.GetPixel(x, y);
                Assert.Equal(image[x, y], (color.Red, color.Green, color.Blue));
            }
        }
    }

    [Fact]
    public void A_jpeg_is_close_to_the_pixels_and_smaller_at_lower_quality()
    {
        string fine = Path.Combine(_folder, "fine.jpg");
        string coarse = Path.Combine(_folder, "coarse.jpg");
        RgbImage image = Ramp();
        ImageWriter.SaveJpeg(image, fine);
        ImageWriter.SaveJpeg(image, coarse, 20);
        using SKBitmap read = SKBitmap.Decode(fine);
        SKColor middle = read.GetPixel(20, 15);
        Assert.InRange(middle.Red - image[20, 15].R, -12, 12);
        Assert.InRange(middle.Green - image[20, 15].G, -12, 12);
        Assert.InRange(middle.Blue - image[20, 15].B, -12, 12);
        Assert.True(new FileInfo(coarse).Length < new FileInfo(fine).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_one_sentence_that_names_the_file()
    {
        string notAFolder = Path.Combine(_folder, "file");
        File.WriteAllText(notAFolder, "");
        string path = Path.Combine(notAFolder, "a.png");
        SocoRunException failure = Assert.Throws<SocoRunException>(() => ImageWriter.SavePng(Ramp(), path));
        Assert.StartsWith($"{path} cannot be written (", failure.Message);
    }

    [Fact]
    public void A_full_disk_is_one_sentence_and_leaves_the_old_file()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        string path = Path.Combine(_folder, "a.jpg");
        ImageWriter.SaveJpeg(Ramp(), path);
        byte[] before = File.ReadAllBytes(path);

        File.CreateSymbolicLink(AtomicFile.TemporaryNameOf(path), "/dev/full");
        SocoRunException failure = Assert.Throws<SocoRunException>(() => ImageWriter.SaveJpeg(Ramp(), path, 30));
        Assert.Contains("No space left on device", failure.Message);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    private static RgbImage Ramp()
    {
        var image = new RgbImage(40, 30);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(i % 3 * 60 + i / 3 % 40 * 3 + i / 120);
        }

        return image;
    }
}
