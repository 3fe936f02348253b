using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Tests.Annotations.Coco;

public sealed class CocoResultsTests : IDisposable
{
    private static readonly CocoDataset s_truth = new(
        [new CocoImage(7, "train/a.jpg", 12, 10), new CocoImage(8, "b.jpg", 12, 10)],
        [new CocoCategory(4, "star", "shape")],
        []
    );

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Detections_survive_a_file()
    {
        CocoDetection[] detections =
        [
            new(7, 4, new CocoBox(0.1, 1.0 / 3, 5, 6), 0.875, RunLengthMask.Parse(";5500000000000W1", 12, 10)),
            new(8, 4, new CocoBox(1, 2, 3, 4), -1e-5),
        ];
        CocoResults.Save(detections, _folder.File("results.json"));
        CocoResults read = CocoResults.Read(_folder.File("results.json"), s_truth);
        Assert.Equal(detections.Select(d => d with { Mask = null }), read.Detections.Select(d => d with { Mask = null }));
        Assert.Equal(";5500000000000W1", read.Detections[0].Mask!.ToText());
        Assert.Null(read.Detections[1].Mask);
        Assert.Equal((0, 0), (read.UnknownCategories, read.NotFinite));
    }

    [Fact]
    public void Without_boxes_a_mask_gives_box_and_area()
    {
        CocoDetection found = Read(
            """[{"image_id": 7, "category_id": 4, "score": 1, "segmentation": {"size": [10, 12], "counts": ";5500000000000W1"}}]"""
        ).Detections[0];
        Assert.Equal((new CocoBox(1, 1, 7, 5), 35.0), (found.Box, found.Area));
        CocoDetection both = Read(
            """[{"image_id": 7, "category_id": 4, "score": 1, "bbox": [0, 0, 9, 9], "segmentation": {"size": [10, 12], "counts": ";5500000000000W1"}}]"""
        ).Detections[0];
        Assert.Equal((new CocoBox(0, 0, 9, 9), 81.0), (both.Box, both.Area));
    }

    [Fact]
    public void Unknown_categories_and_boxes_that_are_not_finite_are_counted()
    {
        CocoResults read = Read(
            """
            [{"image_id": 7, "category_id": 9, "score": 1, "bbox": [0, 0, 1, 1]}, {"image_id": 7, "category_id": 4, "score": 1, "bbox": [NaN, 0, 1, 1]},
             {"image_id": 7, "category_id": 4, "score": -Infinity, "bbox": [0, 0, 1, 1]}, {"image_id": "a", "category_id": 4, "score": 0.5, "bbox": [0, 0, 1, 1]},
             {"image_id": "train/a.jpg", "category_id": 4, "score": 0.25, "bbox": [0, 0, 1, 1]}]
            """
        );
        Assert.Equal([(7L, 0.5), (7, 0.25)], read.Detections.Select(d => (d.ImageId, d.Score)));
        Assert.Equal((1, 2), (read.UnknownCategories, read.NotFinite));
    }

    [Fact]
    public void A_file_name_goes_before_a_number()
    {
        CocoResults read = Read(
            """
            [{"image_id": 1, "file_name": "b.png", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}, {"image_id": 8, "file_name": "images/train/a.jpg", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]},
             {"file_name": "a.jpg", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}]
            """
        );
        Assert.Equal([8L, 7, 7], read.Detections.Select(d => d.ImageId));

        CocoResults.Save([new CocoDetection(1, 4, new CocoBox(1, 2, 3, 4), 1) { FileName = "b.jpg" }], _folder.File("named.json"));
        Assert.Equal(8, Assert.Single(CocoResults.Read(_folder.File("named.json"), s_truth).Detections).ImageId);
    }

    [Fact]
    public void A_name_of_two_images_is_refused_without_its_folder()
    {
        CocoDataset truth = s_truth with { Images = [new CocoImage(1, "x/a.jpg", 12, 10), new CocoImage(2, "y/a.jpg", 12, 10)] };
        string named = _folder.Write("two.json", """[{"image_id": "y/a", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}]""");
        string bare = _folder.Write("bare.json", """[{"image_id": "a", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}]""");

        Assert.Contains("has several of that name", Assert.Throws<SocoDataException>(() => CocoResults.Read(bare, truth)).Message);
        Assert.Equal(2, Assert.Single(CocoResults.Read(named, truth).Detections).ImageId);
        string whole = _folder.Write("whole.json", """[{"image_id": "y/a.jpg", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}]""");
        Assert.Equal(2, Assert.Single(CocoResults.Read(whole, truth).Detections).ImageId);
    }

    [Theory]
    [InlineData(
        """[{"image_id": 7, "file_name": "test/a.jpg", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}]""",
        "detection 1 is of image \"test/a.jpg\", which the ground truth does not list"
    )]
    [InlineData("""{"a": 1}""", "byte 1 should be the start of a list of detections")]
    [InlineData("""[{"image_id": 7""", "breaks at line 1")]
    [InlineData(
        """[{"image_id": 9, "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}]""",
        "detection 1 is of image 9, which the ground truth does not list"
    )]
    [InlineData(
        """[{"image_id": "c", "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}]""",
        "detection 1 is of image \"c\", which the ground truth does not list"
    )]
    [InlineData("""[{"image_id": 7, "category_id": 4, "bbox": [0, 0, 1, 1]}]""", "detection 1 of the list has no score")]
    [InlineData("""[{"image_id": 7, "category_id": 4, "score": 1}]""", "detection 1 of the list has no bbox and segmentation")]
    [InlineData(
        """[{"image_id": 7, "category_id": 4, "score": 1, "bbox": [0, 0, 1, 1]}, {"image_id": 7, "category_id": 4, "score": 1, "bbox": []}]""",
        "detection 2 of the list has no bbox"
    )]
    [InlineData(
        """[{"image_id": 7, "category_id": 4, "score": 1, "segmentation": {"size": [2, 3], "counts": "231"}}]""",
        "the mask of detection 1 is 3 x 2 pixels, its image 7 is 12 x 10"
    )]
    public void A_file_that_cannot_be_used_is_one_sentence(string json, string reason)
    {
        string message = Assert.Throws<SocoDataException>(() => Read(json)).Message;
        Assert.StartsWith(_folder.File("results.json"), message);
        Assert.Contains(reason, message);
    }

    private CocoResults Read(string json) => CocoResults.Read(_folder.Write("results.json", json), s_truth);
}
