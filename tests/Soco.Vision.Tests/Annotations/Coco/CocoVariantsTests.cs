using System.Text;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Vision.Tests.Annotations.Coco;

/// <summary>
/// One small data set as different tools write it. The expected numbers are those that pycocotools 2.0 gives for it.
/// </summary>
public sealed class CocoVariantsTests : IDisposable
{
    private const double Ap = 0.6127887788778877;
    private const double Tolerance = 1e-12;

    private const string Images =
        """[{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}, {"id": 2, "file_name": "b.jpg", "width": 100, "height": 80}]""";
    private const string Categories = """[{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_plain_file_has_the_expected_numbers()
    {
        CocoMetrics metrics = Evaluate(Truth(), Detections());
        Assert.Equal(Ap, metrics.Ap, Tolerance);
        Assert.Equal(0.8333333333333333, metrics.Ap50, Tolerance);
        Assert.Equal(0.775, metrics.Overall.Ar, Tolerance);
    }

    [Theory]
    [InlineData(
        "\"id\": 1, \"file_name\"",
        "\"id\": \"frame_02\", \"file_name\"",
        "\"id\": 2, \"file_name\"",
        "\"id\": \"frame_01\", \"file_name\"",
        "\"image_id\": 1",
        "\"image_id\": \"frame_02\"",
        "\"image_id\": 2",
        "\"image_id\": \"frame_01\""
    )]
    [InlineData(
        "\"id\": 1, \"file_name\"",
        "\"id\": \"1\", \"file_name\"",
        "\"id\": 2, \"file_name\"",
        "\"id\": \"2\", \"file_name\"",
        "\"image_id\": 1",
        "\"image_id\": \"1\"",
        "\"image_id\": 2",
        "\"image_id\": \"2\""
    )]
    [InlineData("\"id\": 1, \"file_name\"", "\"id\": 1.5, \"file_name\"", "\"image_id\": 1,", "\"image_id\": 1.5,")]
    [InlineData(
        "\"id\": 1, \"file_name\"",
        "\"id\": 18446744073709551615, \"file_name\"",
        "\"image_id\": 1,",
        "\"image_id\": 18446744073709551615,"
    )]
    [InlineData("\"id\": 1, \"name\"", "\"id\": \"c\", \"name\"", "\"category_id\": 1,", "\"category_id\": \"c\",")]
    [InlineData("\"id\": 1, \"name\"", "\"id\": 1, \"name\"", "\"category_id\": 1,", "\"category_id\": \"1\",")]
    public void Ids_may_be_texts_in_labels_and_results(params string[] replaced)
    {
        (string truth, string found) = (Truth(), Detections());
        for (int i = 0; i < replaced.Length; i += 2)
        {
            (truth, found) = (truth.Replace(replaced[i], replaced[i + 1]), found.Replace(replaced[i], replaced[i + 1]));
        }

        Assert.Equal(Ap, Evaluate(truth, found).Ap, Tolerance);
    }

    [Theory]
    [InlineData("\"image_id\": 1,", "\"image_id\": \"1\",")]
    [InlineData("\"category_id\": 2,", "\"category_id\": \"2\",")]
    [InlineData("\"id\": 1, \"image_id\"", "\"id\": \"one\", \"image_id\"")]
    [InlineData("\"name\": \"cat\"", "\"name\": 1")]
    [InlineData("\"name\": \"cat\"", "\"name\": \"cat \\ud83d\"")]
    [InlineData("\"name\": \"cat\"", "\"na\\u006de\": \"\\ud800cat\\udc00\\ud83d\\ude00\"")]
    [InlineData("\"name\": \"cat\"", "\"name\": \"cat\", \"supercategory\": {\"a\": [1]}, \"frequency\": null")]
    [InlineData("\"file_name\": \"a.jpg\"", "\"file_name\": 17")]
    [InlineData("\"width\": 100", "\"width\": \"100\"")]
    [InlineData("\"width\": 100", "\"width\": -1")]
    [InlineData("\"width\": 100, \"height\": 80", "\"width\": null")]
    [InlineData("\"bbox\": [10, 10,", "\"bbox\": [\"10\", 1e1,")]
    [InlineData("\"area\": 400", "\"area\": \"400.0\"")]
    [InlineData("\"area\": 400", "\"area\": null")]
    [InlineData("\"iscrowd\": 0", "\"iscrowd\": \"0\"")]
    [InlineData("\"iscrowd\": 0", "\"iscrowd\": 0.0")]
    [InlineData("\"iscrowd\": 0", "\"iscrowd\": null")]
    [InlineData("\"iscrowd\": 0", "\"iscrowd\": 0, \"difficult\": \"0\"")]
    [InlineData("\"iscrowd\": 0", "\"iscrowd\": 0, \"difficult\": \"Unspecified\"")]
    [InlineData("\"iscrowd\": 0", "\"iscrowd\": 0, \"difficult\": {\"a\": 1}")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": [10, 10, 30, 10, 30, 30, 10, 30]")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": {}")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": []")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": null")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": \"\"")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": [[[10, 10], [30, 10], [30, 30]]]")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": [[10, 10, 30, 10, 30, 30, 10]]")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": {\"counts\": \"~\", \"size\": [80, 100]}")]
    [InlineData("\"segmentation\": [[10, 10, 30, 10, 30, 30, 10, 30]]", "\"segmentation\": {\"counts\": [6], \"size\": [2, 3]}")]
    public void Labels_of_other_tools_give_the_same_boxes(string plain, string written) =>
        Assert.Equal(Ap, Evaluate(Truth().Replace(plain, written), Detections()).Ap, Tolerance);

    [Fact]
    public void Images_without_a_size_have_boxes_and_get_their_masks_with_the_size()
    {
        string truth = Truth().Replace(", \"width\": 100, \"height\": 80", "");
        Assert.Equal(Ap, Evaluate(truth, Detections()).Ap, Tolerance);
        CocoDataset dataset = CocoReader.Read(_folder.Write("sizes.json", truth));
        Assert.All(dataset.Images, image => Assert.Equal((false, 0, 0), (image.HasSize, image.Width, image.Height)));
        Assert.All(
            dataset.Annotations,
            annotation => Assert.Equal((true, "the size of its image is not known"), (annotation.Mask is null, annotation.MaskError))
        );
        Assert.Equal("", dataset.Mended.ToString());

        CocoDataset sized = dataset.WithSizes(image => (100, 80));
        Assert.Equal(400, sized.Annotations[0].Mask!.ToRunLengths().Area);
        Assert.Contains(
            "annotation 1 of image 1 cannot be used: the size of its image is not known",
            Assert.Throws<SocoDataException>(() => Evaluate(truth, Detections(), IouType.Mask)).Message
        );
    }

    [Fact]
    public void A_polygon_without_the_list_around_it_is_a_mask()
    {
        CocoDataset dataset = CocoReader.Read(_folder.Write("flat.json", Truth().Replace("[[", "[").Replace("]]", "]")));
        Assert.Equal([400, 600, 1600, 1000], dataset.Annotations.Select(annotation => annotation.Mask!.ToRunLengths().Area));
    }

    [Fact]
    public void A_damaged_mask_is_counted_and_named_where_masks_are_measured()
    {
        string truth = Truth().Replace("[[50, 30, 80, 30, 80, 50, 50, 50]]", "{}");
        CocoDataset dataset = CocoReader.Read(_folder.Write("damaged.json", truth));
        Assert.Equal(
            "1 mask that cannot be used left out (annotation 2: it needs \"counts\", and \"size\" as [height, width] of 1 or more (0, 0 is given))",
            dataset.Mended.ToString()
        );
        Assert.Contains(
            "The mask of annotation 2 of image 1 cannot be used: it needs",
            Assert.Throws<SocoDataException>(() => Evaluate(truth, Detections(), IouType.Mask)).Message
        );
        Assert.Contains(
            "the mask of detection 1 is damaged",
            Assert
                .Throws<SocoDataException>(() =>
                    Evaluate(Truth(), Detections().Replace("[[11, 11, 31, 11, 31, 31, 11, 31]]", "\"?\""), IouType.Mask)
                )
                .Message
        );
    }

    [Fact]
    public void Annotations_of_images_that_are_not_listed_are_left_out_and_counted()
    {
        string orphan =
            """, {"id": 99, "image_id": 77, "category_id": 1, "bbox": [10, 10, 20, 20]}, {"id": 100, "image_id": "x", "category_id": 5, "segmentation": {}}]}""";
        string truth = Truth()[..^2] + orphan;
        Assert.Equal(Ap, Evaluate(truth, Detections()).Ap, Tolerance);
        Assert.Equal(
            "2 annotations of images that are not listed left out",
            CocoReader.Read(_folder.Write("orphan.json", truth)).Mended.ToString()
        );
    }

    [Theory]
    [InlineData("iso-8859-1", "0xE9")]
    [InlineData("gb2312", "0xBA")]
    public void Text_that_is_not_UTF8_is_one_sentence_with_its_byte(string encoding, string found)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        byte[] bytes = Encoding.GetEncoding(encoding).GetBytes(Truth().Replace("cat", encoding == "gb2312" ? "红" : "é"));
        string path = _folder.Write("latin.json", bytes);
        string message =
            $"{path} is not UTF-8: byte {Array.FindIndex(bytes, value => value > 127) + 1} is {found}; save it again as UTF-8.";
        Assert.Equal(message, Assert.Throws<SocoDataException>(() => CocoReader.Read(path)).Message);
        Assert.Equal(
            message,
            Assert.Throws<SocoDataException>(() => CocoResults.Read(path, CocoReader.Read(_folder.Write("truth.json", Truth())))).Message
        );
    }

    [Fact]
    public void A_character_at_the_edge_of_the_buffer_is_no_error_and_one_that_is_cut_off_is()
    {
        for (int padding = 65_300; padding < 65_306; padding++)
        {
            string truth = Truth().Replace("\"cat\"", $"\"{new string('x', padding)}éé😀\"");
            Assert.EndsWith("éé😀", CocoReader.Read(_folder.Write("edge.json", truth)).Categories[0].Name);
        }

        byte[] cut = [.. Encoding.UTF8.GetBytes("{\"images\": [{\"file_name\": \""), 0xC3];
        Assert.Contains(
            "is not UTF-8: byte",
            Assert.Throws<SocoDataException>(() => CocoReader.Read(_folder.Write("cut.json", cut))).Message
        );
        Assert.Contains(
            "is written in UTF-16",
            Assert
                .Throws<SocoDataException>(() =>
                    CocoReader.Read(_folder.Write("wide.json", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("{}")]))
                )
                .Message
        );
    }

    private static string Truth() =>
        $$"""{"images": {{Images}}, "categories": {{Categories}}, "annotations": [{{string.Join(", ", new[]
    {
        Annotation(1, 1, 1, 10, 10, 20, 20), Annotation(2, 1, 2, 50, 30, 30, 20), Annotation(3, 2, 1, 5, 5, 40, 40), Annotation(4, 2, 2, 60, 20, 25, 40),
    })}}]}""";

    private static string Detections() =>
        $"[{string.Join(", ",
        Detection(1, 1, 11, 11, 20, 20, "0.9"), Detection(1, 2, 51, 31, 30, 20, "0.8"), Detection(2, 1, 6, 6, 40, 40, "0.7"),
        Detection(2, 2, 61, 21, 25, 40, "0.6"), Detection(1, 1, 70, 5, 20, 20, "0.95"))}]";

    private static string Annotation(int id, int image, int category, int x, int y, int width, int height) =>
        $$"""{"id": {{id}}, "image_id": {{image}}, "category_id": {{category}}, "bbox": [{{x}}, {{y}}, {{width}}, {{height}}], "area": {{width * height}}, "iscrowd": 0, "segmentation": {{Polygon(x, y, width, height)}}}""";

    private static string Detection(int image, int category, int x, int y, int width, int height, string score) =>
        $$"""{"image_id": {{image}}, "category_id": {{category}}, "bbox": [{{x}}, {{y}}, {{width}}, {{height}}], "score": {{score}}, "segmentation": {{Polygon(x, y, width, height)}}}""";

    private static string Polygon(int x, int y, int width, int height) =>
        $"[[{x}, {y}, {x + width}, {y}, {x + width}, {y + height}, {x}, {y + height}]]";

    private CocoMetrics Evaluate(string truth, string found, IouType type = IouType.Box)
    {
        CocoDataset dataset = CocoReader.Read(_folder.Write("truth.json", truth));
        return CocoEvaluator.Evaluate(
            dataset,
            CocoResults.Read(_folder.Write("found.json", found), dataset).Detections,
            type,
            new CocoEvaluationOptions()
        );
    }
}
