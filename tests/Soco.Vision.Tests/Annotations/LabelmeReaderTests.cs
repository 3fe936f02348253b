using Soco.Vision.Annotations;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Labelme;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;
using Soco.Vision.Scenes;

namespace Soco.Vision.Tests.Annotations;

public sealed class LabelmeReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Drawn_scenes_come_back_with_their_boxes_and_masks()
    {
        CocoDataset scenes = Scenes();
        LabelWriter.Save(scenes, LabelFormat.Labelme, _folder.Root);

        CocoDataset read = LabelmeReader.Read(_folder.Root);

        Assert.Equal(scenes.Images.Select(image => (image.Width, image.Height)), read.Images.Select(image => (image.Width, image.Height)));
        Assert.Equal(Described(scenes).Order(), Described(read).Order());

        // Polygons have no holes.
        int ring = scenes.Categories.Single(category => category.Name == "ring").Id;
        ObjectMask[] masks = [.. scenes.Annotations.Where(found => found.CategoryId != ring).Select(found => found.Mask!)],
            back = [.. read.Annotations.Select(found => found.Mask!)];
        Assert.All(
            masks,
            mask => Assert.Contains(back, other => other.Width == mask.Width && mask.ToRunLengths().Iou(other.ToRunLengths()) > 0.97)
        );

        static IEnumerable<string> Described(CocoDataset dataset) =>
            dataset.Annotations.Select(found =>
                FormattableString.Invariant(
                    $"{found.ImageId} {dataset.Categories.Single(category => category.Id == found.CategoryId).Name} {found.Box.X} {found.Box.Y} {found.Box.Width} {found.Box.Height}"
                )
            );
    }

    [Fact]
    public void Every_kind_of_shape_becomes_what_it_is()
    {
        Write(
            "a.json",
            """
            {"version": "5.5.0", "imagePath": "C:\\photographs\\a.png", "imageData": "iVBORw0KGgo=", "imageWidth": 100, "imageHeight": 80, "shapes": [
              {"label": "cat", "points": [[30, 40], [10, 20]], "group_id": null, "shape_type": "rectangle"},
              {"label": "cat", "points": [[50, 40], [53, 44]], "shape_type": "circle"},
              {"label": "dog", "points": [[0, 0], [10, 0], [10, 10]], "group_id": 3, "shape_type": "polygon"},
              {"label": "dog", "points": [[20, 0], [30, 0], [30, 10]], "group_id": 3, "shape_type": "polygon"},
              {"label": "dog", "points": [[60, 60], [70, 60], [70, 70]], "shape_type": "polygon"},
              {"label": "dog", "points": [[60, 60], [70, 60]], "shape_type": "polygon"},
              {"label": "cat", "points": [[1, 2], [9, 8]], "shape_type": "mask", "mask": "iVBORw0KGgo="},
              {"label": "eye", "points": [[1, 2]], "shape_type": "point"},
              {"label": "tail", "points": [[1, 2], [3, 4], [5, 6]], "shape_type": "linestrip"},
              {"label": "__ignore__", "points": [[1, 2], [9, 8]], "shape_type": "rectangle"}]}
            """
        );

        CocoDataset read = LabelmeReader.Read(_folder.Root);

        Assert.True(LabelmeReader.IsLabelme(_folder.Root));
        Assert.Equal("a.png", read.Images.Single().FileName);
        Assert.Equal(["cat", "dog"], read.Categories.Select(category => category.Name));
        Assert.Equal(
            [new CocoBox(10, 20, 20, 20), new(45, 35, 10, 10), new(60, 60, 10, 10), new(1, 2, 8, 6), new(0, 0, 30, 10)],
            read.Annotations.Select(found => found.Box)
        );
        Assert.Equal([false, false, true, false, true], read.Annotations.Select(found => found.Mask is not null));
        Assert.Equal((1, 2), (read.Mended.ShortPolygons, read.Mended.Unboxed));
    }

    [Fact]
    public void The_image_is_looked_for_where_the_file_says_but_never_outside_of_the_folder()
    {
        Directory.CreateDirectory(_folder.File("labels"));
        Directory.CreateDirectory(_folder.File("photographs"));
        ImageWriter.SavePng(new RgbImage(30, 20), _folder.File("photographs/a.png"));
        ImageWriter.SavePng(new RgbImage(40, 20), _folder.File("labels/b.png"));
        Write("labels/a.json", """{"imagePath": "..\\photographs\\a.png", "shapes": []}""");
        Write("labels/b.json", """{"imagePath": "other-name.jpg", "shapes": []}""");
        Write("labels/c.json", """{"imagePath": "../../../../etc/passwd", "imageWidth": 5, "imageHeight": 5, "shapes": []}""");

        CocoDataset read = LabelmeReader.Read(_folder.Root);

        Assert.Equal(["photographs/a.png", "labels/b.png", "labels/passwd"], read.Images.Select(image => image.FileName));
        Assert.Equal([(30, 20), (40, 20), (5, 5)], read.Images.Select(image => (image.Width, image.Height)));
    }

    [Theory]
    [InlineData("{\"shapes\": [{\"label\": \"a\"", "is no whole JSON")]
    [InlineData("[1, 2]", "is no file of LabelMe")]
    [InlineData("{\"images\": []}", "is no file of LabelMe")]
    [InlineData("{\"shapes\": [{\"points\": [[1, 2], [3, 4]]}]}", "is no file of LabelMe")]
    [InlineData("{\"shapes\": [{\"label\": \"\", \"points\": [[1, 2], [3, 4]]}]}", "is no file of LabelMe")]
    [InlineData("{\"shapes\": [{\"label\": \"a\", \"points\": [[\"1\", 2]]}]}", "is no file of LabelMe")]
    [InlineData("{\"shapes\": [{\"label\": \"\\ud800\", \"points\": [[1, 2]]}]}", "is no file of LabelMe")]
    public void A_file_of_another_form_is_refused(string text, string reason)
    {
        Write("a.json", text);
        var error = Assert.Throws<SocoDataException>(() => LabelmeReader.Read(_folder.Root));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("a.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_of_other_labels_are_not_taken_for_it()
    {
        Assert.False(LabelmeReader.IsLabelme(_folder.Root));
        Write("annotations.json", """{"images": [], "annotations": [], "categories": []}""");
        Assert.False(LabelmeReader.IsLabelme(_folder.Root));
        Assert.False(LabelmeReader.IsLabelme(_folder.File("nowhere")));
    }

    private CocoDataset Scenes()
    {
        SceneSet.Write(_folder.File("scenes"), 3, seed: 4, new SceneOptions { Width = 120, Height = 90 });
        CocoDataset scenes = CocoReader.Read(_folder.File("scenes/annotations/instances_train.json"));
        Directory.Delete(_folder.File("scenes"), recursive: true);
        return scenes;
    }

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);
}
