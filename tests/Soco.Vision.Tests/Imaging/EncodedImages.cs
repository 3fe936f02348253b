using System.Text.Json;
using Soco.TestSupport;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

/// <summary>Small encoded images of every kind, and the pixels that Pillow reads from them.</summary>
internal static class EncodedImages
{
    private sealed record Case(string Name, int Width, int Height, byte[] File, byte[] Rgb);

    private sealed record Cases(Case[] Images);

    private static readonly Dictionary<string, Case> All = JsonSerializer
        .Deserialize<Cases>(File.ReadAllBytes(GoldenFiles.Matching("pillow_images.json").Single()), JsonSerializerOptions.Web)!
        .Images.ToDictionary(one => one.Name);

    internal static IEnumerable<string> Names => All.Keys;

    internal static byte[] FileOf(string name) => All[name].File;

    internal static RgbImage PixelsOf(string name) => new(All[name].Width, All[name].Height, All[name].Rgb);
}
