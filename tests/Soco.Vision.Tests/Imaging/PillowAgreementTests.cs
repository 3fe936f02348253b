using System.Security.Cryptography;
using System.Text.Json;
using Soco.TestSupport;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;

namespace Soco.Vision.Tests.Imaging;

public class PillowAgreementTests
{
    private sealed record Case(string Source, string Operation, double[] Arguments, int Width, int Height, int[] First, string Sha256);

    private sealed record Document(Case[] Cases);

    private static readonly Case[] All = JsonSerializer
        .Deserialize<Document>(File.ReadAllBytes(GoldenFiles.Matching("pillow_pixels.json").Single()), JsonSerializerOptions.Web)!
        .Cases;

    public static TheoryData<string> Operations => [.. All.Select(one => one.Operation).Distinct()];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_pixel_is_the_one_that_Pillow_computes(string operation)
    {
        foreach (Case golden in All.Where(one => one.Operation == operation))
        {
            string what = $"{operation}({string.Join(", ", golden.Arguments)}) of {golden.Source}";
            RgbImage result = Apply(golden);
            Assert.Equal((golden.Width, golden.Height), (result.Width, result.Height));
            Assert.True(golden.First.SequenceEqual(result.Pixels.Take(9).Select(sample => (int)sample)), $"the first pixels of {what}");
            Assert.True(golden.Sha256 == Convert.ToHexStringLower(SHA256.HashData(result.Pixels)), $"a pixel of {what}");
        }
    }

    private static RgbImage Apply(Case golden)
    {
        RgbImage image = golden.Source switch
        {
            "waves" => ComputedImages.Waves(97, 61),
            "noise" => ComputedImages.Noise(64, 48),
            "dot" => ComputedImages.Waves(1, 1),
            _ => ComputedImages.Noise(5, 1),
        };
        double[] a = golden.Arguments;
        int[] n = [.. a.Select(value => (int)value)];
        switch (golden.Operation)
        {
            case "resize":
                return Resampling.ResizeBilinear(image, n[0], n[1]);
            case "crop":
                return Resampling.CropAndResizeBilinear(image, n[0], n[1], n[2], n[3], n[4], n[5]);
            case "brightness":
                ColorTransforms.AdjustBrightness(image, a[0]);
                break;
            case "contrast":
                ColorTransforms.AdjustContrast(image, a[0]);
                break;
            case "saturation":
                ColorTransforms.AdjustSaturation(image, a[0]);
                break;
            case "hue":
                ColorTransforms.AdjustHue(image, a[0]);
                break;
            case "grey":
                ColorTransforms.ToGrayscale(image);
                break;
            case "flip":
                ColorTransforms.FlipHorizontal(image);
                break;
            case "solarize":
                ColorTransforms.Solarize(image, n[0]);
                break;
            case "blur":
                ColorTransforms.GaussianBlur(image, a[0]);
                break;
            default:
                throw new InvalidDataException(golden.Operation);
        }

        return image;
    }
}
