using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Annotations.Yolo;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Annotations.Yolo;

public sealed class YoloReaderTests : IDisposable
{
    private const string Classes = "names: [cat, dog]\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Boxes_and_polygons_are_read_in_pixels()
    {
        Image("images/train/a.png", 200, 100);
        Image("images/train/b.png", 50, 50);
        Image("images/val/c.png", 10, 10);
        _folder.Write("labels/train/a.txt", "1 0.5 0.5 0.25 0.5\r\n0 0.1 0.1 0.3 0.1 0.3 0.4 0.1 0.4\n\n1 0.5 0.5 0.25 0.5\n");
        _folder.Write("labels/val/c.txt", "0 0.5 0.5 1 1");
        _folder.Write("data.yaml", "path: ../elsewhere\ntrain: images/train\nval: images/val\nnc: 2\nnames:\n  1: dog\n  0: 'cat'\n");

        Assert.True(YoloReader.IsYolo(_folder.Root));
        Assert.Equal(["train", "val"], YoloReader.SplitsOf(_folder.Root));
        Assert.Equal([_folder.File("images")], YoloReader.ImagesOf(_folder.Root));
        CocoDataset train = YoloReader.Read(_folder.File("data.yaml"), "train");
        Assert.Equal([new CocoImage(1, "train/a.png", 200, 100), new CocoImage(2, "train/b.png", 50, 50)], train.Images);
        Assert.Equal(["1 cat", "2 dog"], train.Categories.Select(category => $"{category.Id} {category.Name}"));
        Assert.Equal(
            [(2, new CocoBox(75, 25, 50, 50)), (1, new CocoBox(20, 10, 40, 30))],
            train.Annotations.Select(found => (found.CategoryId, found.Box))
        );
        Assert.Equal([20, 10, 60, 10, 60, 40, 20, 40], Assert.IsType<PolygonMask>(train.Annotations[1].Mask).Polygons[0]);
        Assert.Equal(1200, train.Annotations[1].Area);
        Assert.Equal(new CocoBox(0, 0, 10, 10), Assert.Single(YoloReader.Read(_folder.Root, "val").Annotations).Box);
    }

    [Theory]
    [InlineData("C:\\data\\set\\train\\images")]
    [InlineData("../train/images")]
    [InlineData("/content/set/train/images")]
    [InlineData("train\\images")]
    [InlineData("[train/images]")]
    public void Folders_are_found_as_other_machines_and_exporters_write_them(string entry)
    {
        Image("train/images/a.png", 10, 10);
        _folder.Write("train/labels/a.txt", "0 0.5 0.5 0.5 0.5");
        _folder.Write("data.yaml", $"train: {entry}\n{Classes}");

        Assert.Single(YoloReader.Read(_folder.Root, "train").Annotations);
    }

    [Fact]
    public void A_split_that_is_not_there_does_not_keep_the_others_from_being_read()
    {
        Image("train/images/a.png", 10, 10);
        _folder.Write("train/labels/a.txt", "0 0.5 0.5 0.5 0.5");
        _folder.Write("data.yaml", $"train: train/images\ntest: ../test/images\n{Classes}");

        Assert.Single(YoloReader.Read(_folder.Root, "train").Annotations);
        Assert.Equal([_folder.File("train/images")], YoloReader.ImagesOf(_folder.Root));
        Assert.Contains(
            "the images of test are to be at ../test/images",
            Assert.Throws<SocoDataException>(() => YoloReader.Read(_folder.Root, "test")).Message
        );
    }

    [Fact]
    public void A_list_of_images_is_a_split()
    {
        Image("images/a.png", 10, 10);
        Image("images/b.png", 10, 10);
        _folder.Write("labels/b.txt", "0 0.5 0.5 0.5 0.5");
        _folder.Write("train.txt", "./images/b.png\nC:\\somewhere\\images\\a.png\n");
        _folder.Write("data.yaml", $"train: train.txt\n{Classes}");

        SocoDataException error = Assert.Throws<SocoDataException>(() => YoloReader.Read(_folder.Root, "train"));
        Assert.Contains("train.txt lists C:\\somewhere\\images\\a.png, which is neither beside it nor under ", error.Message);
        _folder.Write("train.txt", "./images/b.png\nimages\\a.png\n");
        Assert.Equal(["b.png", "a.png"], YoloReader.Read(_folder.Root, "train").Images.Select(image => image.FileName));
    }

    [Theory]
    [InlineData("0 0.5 0.5 0.5", "4 numbers are neither a class and a box (5) nor a class and a polygon")]
    [InlineData("0 0.5 0.5 0.5 x", "\"x\" is no number")]
    [InlineData("0 0.5 0.5 0.5 nan", "\"nan\" is no number")]
    [InlineData("2 0.5 0.5 0.5 0.5", "class 2 is none of the 2 classes, which count from 0")]
    [InlineData("0.5 0.5 0.5 0.5 0.5", "class 0.5 is none of the 2 classes")]
    [InlineData("0 120 80 30 40", "120 is no share of the image; coordinates lie from 0 to 1")]
    public void A_line_of_another_form_is_named_with_its_file_and_number(string line, string expected)
    {
        Image("images/a.png", 10, 10);
        _folder.Write("labels/a.txt", "0 0.5 0.5 0.5 0.5\n" + line);
        _folder.Write("data.yaml", $"train: images\n{Classes}");

        SocoDataException error = Assert.Throws<SocoDataException>(() => YoloReader.Read(_folder.Root, "train"));
        Assert.StartsWith($"{_folder.File("labels/a.txt")} line 2: ", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData("train: images\n", "names no classes")]
    [InlineData("train: images\nnames: {a: cat}\n", "\"a\" under names is no class index")]
    [InlineData("names: [cat]\n", "has no split train")]
    [InlineData("train: nowhere\nnames: [cat]\n", "the images of train are to be at nowhere, which is neither under ")]
    [InlineData("- a\n", "is no data.yaml")]
    [InlineData("train: [\n", "this is no valid YAML")]
    public void A_data_file_of_another_form_is_a_sentence(string yaml, string expected)
    {
        Image("images/a.png", 10, 10);
        _folder.Write("labels/a.txt", "0 0.5 0.5 0.5 0.5");
        _folder.Write("data.yaml", yaml);

        Assert.Contains(expected, Assert.Throws<SocoDataException>(() => YoloReader.Read(_folder.Root, "train")).Message);
    }

    [Fact]
    public void Images_without_any_labels_are_an_error_and_empty_boxes_are_dropped()
    {
        Image("images/a.png", 10, 10);
        _folder.Write("data.yaml", $"train: images\n{Classes}");
        Assert.Contains(
            "No image of train has labels",
            Assert.Throws<SocoDataException>(() => YoloReader.Read(_folder.Root, "train")).Message
        );

        _folder.Write("labels/a.txt", "0 0.5 0.5 0 0.5\n1 0.5 0.5 0.5 0.5");
        CocoDataset read = YoloReader.Read(_folder.Root, "train");
        Assert.Single(read.Annotations);
        Assert.Equal(1, read.Mended.DroppedBoxes);
    }

    [Fact]
    public void Deep_nesting_costs_no_stack()
    {
        _folder.Write("data.yaml", "a: " + new string('[', 40_000) + new string(']', 40_000) + "\ntrain: images\nnames: [cat]\n");
        Assert.Equal(["train"], YoloReader.SplitsOf(_folder.Root));
    }

    private void Image(string name, int width, int height) =>
        ImageWriter.SavePng(new RgbImage(width, height, new byte[3 * width * height]), _folder.File(name));
}
