using System.Text.Json;
using SkiaSharp;
using Soco.Vision.Scenes;

namespace Soco.Vision.Tests.Scenes;

public sealed class SceneSetTests : IDisposable
{
    private static readonly SceneOptions s_small = new() { Width = 96, Height = 72 };
    private readonly string _folder = Directory.CreateTempSubdirectory("soco-scenes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_set_is_images_and_annotations_that_belong_together()
    {
        var told = new List<int>();
        SceneSet.Write(_folder, 6, seed: 9, s_small, "val", drawn: told.Add);
        Assert.Equal([1, 2, 3, 4, 5, 6], told);

        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "annotations", "instances_val.json")));
        JsonElement[] images = [.. json.RootElement.GetProperty("images").EnumerateArray()];
        JsonElement[] annotations = [.. json.RootElement.GetProperty("annotations").EnumerateArray()];
        Assert.Equal(
            ["1 disc", "2 square", "3 triangle", "4 star", "5 ellipse", "6 cross", "7 ring", "8 hexagon"],
            json.RootElement.GetProperty("categories").EnumerateArray().Select(c => $"{c.GetProperty("id")} {c.GetProperty("name")}")
        );
        Assert.Equal(6, images.Select(Id).Distinct().Count());
        Assert.Equal(annotations.Length, annotations.Select(Id).Distinct().Count());

        Assert.Equal(6, Directory.GetFiles(Path.Combine(_folder, "val")).Length);
        for (int index = 0; index < images.Length; index++)
        {
            using SKBitmap read = SKBitmap.Decode(Path.Combine(_folder, "val", images[index].GetProperty("file_name").GetString()!));
            Assert.Equal((96, 72), (read.Width, read.Height));
            JsonElement[] own = [.. annotations.Where(a => a.GetProperty("image_id").GetInt64() == Id(images[index]))];
            Scene scene = SceneGenerator.Draw(9, index, s_small);
            Assert.Equal(scene.Objects.Select(Described), own.Select(Described));
        }
    }

    [Fact]
    public void Png_files_hold_the_very_pixels_of_the_scene()
    {
        SceneSet.Write(_folder, 1, seed: 9, s_small, lossless: true);
        using SKBitmap read = SKBitmap.Decode(Path.Combine(_folder, "train", "scene-000000.png"));
        Scene scene = SceneGenerator.Draw(9, 0, s_small);
        for (int i = 0; i < 96 * 72; i++)
        {
            SKColor color = read.GetPixel(i % 96, i / 96);
            Assert.Equal(scene.Image[i % 96, i / 96], (color.Red, color.Green, color.Blue));
        }
    }

    [Fact]
    public void A_set_that_is_stopped_has_no_annotations()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            SceneSet.Write(_folder, 6, 9, s_small, drawn: _ => stop.Cancel(), cancellationToken: stop.Token)
        );
        Assert.False(Directory.Exists(Path.Combine(_folder, "annotations")));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_one_sentence()
    {
        string notAFolder = Path.Combine(_folder, "file");
        File.WriteAllText(notAFolder, "");
        SocoRunException failure = Assert.Throws<SocoRunException>(() => SceneSet.Write(notAFolder, 1, 9, s_small));
        Assert.StartsWith($"{Path.Combine(notAFolder, "train", "scene-000000.jpg")} cannot be written (", failure.Message);
    }

    private static long Id(JsonElement item) => item.GetProperty("id").GetInt64();

    private static (int Category, string Box, int Area, string Mask) Described(SceneObject found) =>
        ((int)found.Class, $"[{found.Box.X},{found.Box.Y},{found.Box.Width},{found.Box.Height}]", found.Area, found.Mask.ToText());

    private static (int Category, string Box, int Area, string Mask) Described(JsonElement annotation) =>
        (
            annotation.GetProperty("category_id").GetInt32(),
            annotation.GetProperty("bbox").GetRawText(),
            annotation.GetProperty("area").GetInt32(),
            annotation.GetProperty("segmentation").GetProperty("counts").GetString()!
        );
}
