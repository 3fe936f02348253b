using System.Text.Json;
using Soco.TestSupport;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Proposals;

/// <summary>One image of golden/selective_search*.json: its pixels and what the published code proposes for it.</summary>
internal sealed record GoldenSelectiveSearch(
    string Image,
    int Height,
    int Width,
    int Segments,
    BoxXywh[] Boxes,
    string KeptBy,
    BoxXywh[] Kept
)
{
    public bool IsSynthetic => Image.StartsWith("synthetic", StringComparison.Ordinal);

    public static List<GoldenSelectiveSearch> All()
    {
        var all = new List<GoldenSelectiveSearch>();
        foreach (string file in GoldenFiles.Matching("selective_search*.json"))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (JsonElement image in document.RootElement.EnumerateArray())
            {
                all.Add(
                    new GoldenSelectiveSearch(
                        image.GetProperty("image").GetString()!,
                        image.GetProperty("height").GetInt32(),
                        image.GetProperty("width").GetInt32(),
                        image.GetProperty("segments").GetInt32(),
                        ReadBoxes(image.GetProperty("boxes_xywh")),
                        image.GetProperty("kept_by").GetString()!,
                        ReadBoxes(image.GetProperty("kept_xywh"))
                    )
                );
            }
        }

        return all;
    }

    public RgbImage Load() => IsSynthetic ? Synthetic() : Photograph();

    private RgbImage Photograph()
    {
        string path = Path.Combine(GoldenFiles.Images, Image);
        Assert.True(File.Exists(path), $"{path} is missing: the golden boxes of {Image} need that photograph.");
        return ImageDecoder.Decode(File.ReadAllBytes(path), Image);
    }

    /// <summary>Twelve cells of one color each, with noise: see golden/README.md.</summary>
    private RgbImage Synthetic()
    {
        string number = Path.GetFileNameWithoutExtension(Image)["synthetic".Length..];
        double[] centers = GoldenFiles.Fill($"ss_centres{number}", 24, 0, 1);
        double[] colors = GoldenFiles.Fill($"ss_colours{number}", 36, 0, 255);
        double[] noise = GoldenFiles.Fill($"ss_noise{number}", 3L * Width * Height, -10, 10);
        var image = new RgbImage(Width, Height);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int nearest = Enumerable
                    .Range(0, 12)
                    .MinBy(cell => Math.Pow(x - centers[2 * cell] * Width, 2) + Math.Pow(y - centers[2 * cell + 1] * Height, 2));
                for (int channel = 0; channel < 3; channel++)
                {
                    int i = 3 * (y * Width + x) + channel;
                    image.Pixels[i] = (byte)Math.Clamp(Math.Round(colors[3 * nearest + channel] + noise[i]), 0, 255);
                }
            }
        }

        return image;
    }

    private static BoxXywh[] ReadBoxes(JsonElement boxes) =>
        [.. boxes.EnumerateArray().Select(box => new BoxXywh(box[0].GetInt32(), box[1].GetInt32(), box[2].GetInt32(), box[3].GetInt32()))];
}
