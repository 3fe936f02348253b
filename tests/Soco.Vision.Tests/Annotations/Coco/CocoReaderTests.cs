using System.Text;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Tests.Annotations.Coco;

public sealed class CocoReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_read_whatever_the_order_of_its_parts()
    {
        CocoDataset dataset = Read(
            """
            {"info": {"year": 2017, "tags": [1, [2], {"a": null}]},
             "annotations": [
               {"segmentation": [[1, 1, 8, 1, 8, 6, 1, 6], [2.5, 3, 4, 4]], "area": 34.5, "iscrowd": 0, "image_id": 7, "bbox": [1, 1, 7, 5], "category_id": 5, "id": 11},
               {"id": 12, "image_id": 7.0, "category_id": 3, "bbox": [0, 0, 2.25, 3], "iscrowd": 1, "area": 2, "segmentation": {"counts": [0, 2, 98], "size": [10, 10]}},
               {"id": 13, "image_id": 9, "category_id": 3, "bbox": [0, 0, 2, 3.5], "segmentation": {"size": [2, 3], "counts": "231"}, "attributes": {"score": [1]}},
               {"id": 14, "image_id": 7, "category_id": 3, "bbox": [NaN, 0, -Infinity, 3]}],
             "categories": [{"supercategory": "b", "id": 5, "name": "dog"}, {"id": 3, "name": "c\"at"}],
             "images": [{"id": 9, "file_name": "train\\b.jpg", "width": 3, "height": 2}, {"id": 7, "file_name": "a.jpg", "width": 10, "height": 10}]}
            """
        );

        Assert.Equal([new CocoImage(9, "train/b.jpg", 3, 2), new CocoImage(7, "a.jpg", 10, 10)], dataset.Images);
        Assert.Equal([new CocoCategory(3, "c\"at", ""), new CocoCategory(5, "dog", "b")], dataset.Categories);
        Assert.Equal([11, 12, 13], dataset.Annotations.Select(annotation => annotation.Id));
        (CocoAnnotation polygons, CocoAnnotation crowd, CocoAnnotation text) = (
            dataset.Annotations[0],
            dataset.Annotations[1],
            dataset.Annotations[2]
        );
        Assert.Equal(
            (7L, 5, new CocoBox(1, 1, 7, 5), 34.5, false),
            (polygons.ImageId, polygons.CategoryId, polygons.Box, polygons.Area, polygons.IsCrowd)
        );
        Assert.Equal(
            [
                [1, 1, 8, 1, 8, 6, 1, 6],
            ],
            Assert.IsType<PolygonMask>(polygons.Mask).Polygons
        );
        Assert.Equal((7L, true, 2.0, 2), (crowd.ImageId, crowd.IsCrowd, crowd.Area, crowd.Mask!.ToRunLengths().Area));
        Assert.Equal((3.0, "231"), (text.Area, ((RunLengthMask)text.Mask!).ToText()));
        Assert.Equal(new MendedAnnotations(ShortPolygons: 1, DroppedBoxes: 1, ClippedBoxes: 0), dataset.Mended);
        Assert.Equal(
            "1 polygon of fewer than 3 points left out, 1 box not finite or outside of its image: left out",
            dataset.Mended.ToString()
        );

        Assert.Equal(1, dataset.CategoryIndices()[5]);
        Assert.Equal(
            [
                [13L],
                [11L, 12L],
            ],
            dataset.AnnotationsByImage().Select(list => list.Select(annotation => annotation.Id))
        );
    }

    [Fact]
    public void A_file_larger_than_the_buffer_is_read_to_its_end()
    {
        var text = new StringBuilder("\uFEFF{\"images\": [{\"id\": 1, \"file_name\": \"");
        text.Append('x', 100_000)
            .Append(".jpg\", \"width\": 2000, \"height\": 2000}], \"categories\": [{\"id\": 1, \"name\": \"a\"}], \"annotations\": [");
        const int count = 5000;
        for (int i = 1; i <= count; i++)
        {
            text.Append(i > 1 ? ", " : "")
                .Append(
                    $$"""{"id": {{i}}, "image_id": 1, "category_id": 1, "bbox": [{{i / 8.0}}, 1.5, 10, 20], "area": {{i}}, "segmentation": [[1, 1, {{i / 16.0}}, 1, 5, 9.25]]}"""
                );
        }

        CocoDataset dataset = Read(text.Append("]}").ToString());
        Assert.Equal(100_004, dataset.Images[0].FileName.Length);
        Assert.Equal(
            Enumerable.Range(1, count).Select(i => new CocoBox(i / 8.0, 1.5, 10, 20)),
            dataset.Annotations.Select(annotation => annotation.Box)
        );
        Assert.Equal(
            Enumerable.Range(1, count).Select(i => i / 16.0),
            dataset.Annotations.Select(annotation => ((PolygonMask)annotation.Mask!).Polygons[0][2])
        );
    }

    [Fact]
    public void Lvis_names_files_by_their_address_and_says_what_was_looked_for()
    {
        CocoDataset dataset = Read(
            """
            {"annotations": [], "categories": [{"id": 2, "name": "aerosol_can", "frequency": "c", "synset": "aerosol.n.02", "synonyms": ["aerosol_can"]}],
             "images": [{"id": 397133, "width": 640, "height": 427, "coco_url": "http://images.example/val2017/000000397133.jpg", "neg_category_ids": [2, 7], "not_exhaustive_category_ids": [9]}]}
            """
        );
        Assert.Equal(CategoryFrequency.Common, dataset.Categories[0].Frequency);
        Assert.Equal("val2017/000000397133.jpg", dataset.Images[0].FileName);
        Assert.Equal([2, 7], dataset.Images[0].NegativeCategoryIds);
        Assert.Equal([9], dataset.Images[0].NotExhaustiveCategoryIds);
    }

    [Fact]
    public void What_was_written_reads_the_same()
    {
        string path = _folder.File("written.json");
        var image = new CocoImage(7, "é.jpg", 12, 10) { NegativeCategoryIds = [4], NotExhaustiveCategoryIds = [5, 6] };
        CocoAnnotation[] annotations =
        [
            new(1, 7, 4, new CocoBox(0.1, 0.2, 1e-3, 1.0 / 3), 12.25)
            {
                Mask = new PolygonMask(
                    [
                        [0.1, 0.2, 3.3, 1, 2, 7.7],
                    ],
                    12,
                    10
                ),
                IsDifficult = true,
            },
            new(2, 7, 4, new CocoBox(1, 2, 3, 4), 12) { Mask = RunLengthMask.Parse(";5500000000000W1", 12, 10), IsCrowd = true },
            new(3, 7, 4, new CocoBox(-1, 2, 3, 4), 12),
        ];
        CocoWriter.Save(
            new CocoDataset([image], [new CocoCategory(4, "star", "shape") { Frequency = CategoryFrequency.Rare }], annotations),
            path
        );

        CocoDataset read = CocoReader.Read(path);
        Assert.Equivalent(image, read.Images[0], strict: true);
        Assert.Equal(new CocoCategory(4, "star", "shape") { Frequency = CategoryFrequency.Rare }, read.Categories[0]);
        Assert.Equal(
            annotations.Select(annotation => annotation with { Mask = null }),
            read.Annotations.Select(annotation => annotation with { Mask = null })
        );
        Assert.Equal([0.1, 0.2, 3.3, 1, 2, 7.7], ((PolygonMask)read.Annotations[0].Mask!).Polygons[0]);
        Assert.Equal(";5500000000000W1", ((RunLengthMask)read.Annotations[1].Mask!).ToText());
        Assert.Null(read.Annotations[2].Mask);
    }

    [Theory]
    [InlineData("""{"images": [], "categories": [], "annotations": [{"id": 1,]}""", "line 1, byte 59")]
    [InlineData("{\"images\": [],\n\"categories\": [}", "line 2, byte 16")]
    [InlineData("""{"images": [], "categories": [], "annotations": [""", "breaks at line 1")]
    [InlineData("", "breaks at line 1")]
    [InlineData("""{"images": [], "categories": [], "annotations": []} x""", "breaks at line 1")]
    [InlineData("[]", "byte 1 should be the start of an object with \"images\"")]
    [InlineData("""{"images": [], "categories": []}""", "no \"annotations\" list")]
    [InlineData("""{"images": [{"id": null}]}""", "image 1 of the list: byte 20 should be an id, a number or a text, and is null")]
    [InlineData(
        """{"images": [{"id": 4, "width": "wide"}]}""",
        "image 4: byte 32 should be a width, a whole number of pixels, and is \"wide\""
    )]
    [InlineData(
        """{"images": [{"id": 1, "coco_url": "a"}, {"id": 2, "coco_url": {}}], "categories": [], "annotations": []}""",
        "image 2 has no file_name"
    )]
    [InlineData("""{"images": [{"id": 1, "width": 2, "height": 2}], "categories": [], "annotations": []}""", "image 1 has no file_name")]
    public void A_file_of_another_form_is_one_sentence_that_names_the_place(string json, string reason)
    {
        string message = Assert.Throws<SocoDataException>(() => Read(json)).Message;
        Assert.StartsWith(_folder.File("instances.json"), message);
        Assert.Contains(reason, message);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData(
        """{"id": 5, "image_id": 7, "category_id": 2, "bbox": [0, 0, 1, 1]}""",
        "annotation 5 is of category 2, which is not in the list"
    )]
    [InlineData(
        """{"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1]}, {"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1]}""",
        "two annotations have the id 1"
    )]
    [InlineData("""{"image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1]}""", "annotation 1 of the list has no id")]
    [InlineData("""{"id": 5, "category_id": 1, "bbox": [0, 0, 1, 1]}""", "annotation 5 has no image_id")]
    [InlineData("""{"id": 5, "image_id": 7, "category_id": 1}""", "annotation 5 has no bbox and segmentation")]
    [InlineData("""{"id": 5, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1]}""", "should be a box, [x, y, width, height], and is ]")]
    [InlineData("""{"id": 5, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1, 1]}""", "the end of a box")]
    [InlineData(
        """{"id": 5, "image_id": 7, "category_id": 1, "segmentation": {"counts": "<1", "size": [3, 4]}}""",
        "the mask of annotation 5 is damaged: The runs"
    )]
    [InlineData(
        """{"id": 5, "image_id": 7, "category_id": 1, "segmentation": {"counts": "231", "size": [2, 3]}}""",
        "the mask of annotation 5 is damaged: it is 3 x 2 pixels, its image 7 is 12 x 10"
    )]
    [InlineData(
        """{"id": 5, "image_id": 7, "category_id": 1, "segmentation": {"counts": [120]}}""",
        "the mask of annotation 5 is damaged: it needs"
    )]
    [InlineData(
        """{"id": 5, "image_id": 7, "category_id": 1, "segmentation": [[1, 1, 2, 2, 3]]}""",
        "the last corner of a polygon has no y"
    )]
    [InlineData("""{"id": 5, "image_id": 7, "category_id": 1, "segmentation": [[1, 1, 2, 2, 3, 1e99]]}""", "finite coordinate")]
    [InlineData("""{"id": 5, "image_id": 7, "category_id": 1, "segmentation": "mask"}""", "should be a mask")]
    [InlineData(
        """{"id": 5, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1], "iscrowd": "many"}""",
        "should be an iscrowd, 0 or 1, and is \"many\""
    )]
    public void An_annotation_that_cannot_be_used_is_named(string annotation, string reason)
    {
        string json =
            $$"""{"images": [{"id": 7, "file_name": "a.jpg", "width": 12, "height": 10}], "categories": [{"id": 1, "name": "a"}], "annotations": [{{annotation}}]}""";
        string message = Assert.Throws<SocoDataException>(() => Read(json)).Message;
        Assert.Contains(reason, message);
        Assert.Matches("annotations? (1|5)|the id 1", message);
    }

    [Fact]
    public void Boxes_are_mended_for_training()
    {
        var dataset = new CocoDataset(
            [new CocoImage(1, "a.jpg", 100, 50)],
            [new CocoCategory(1, "a", "")],
            [
                new(1, 1, 1, new CocoBox(10, 10, 20, 20), 400),
                new(2, 1, 1, new CocoBox(-10, 40, 20, 20), 400),
                new(3, 1, 1, new CocoBox(100, 10, 20, 20), 400),
                new(4, 1, 1, new CocoBox(10, 10, 0, 20), 0),
                new(5, 1, 1, new CocoBox(10, 10, -5, 20), -100),
            ]
        );
        CocoDataset mended = dataset.Mend();
        Assert.Equal([(1L, new CocoBox(10, 10, 20, 20)), (2, new CocoBox(0, 40, 10, 10))], mended.Annotations.Select(a => (a.Id, a.Box)));
        Assert.Equal(new MendedAnnotations(0, 3, 1), mended.Mended);
    }

    [Fact]
    public void A_missing_file_is_one_sentence() =>
        Assert.Equal(
            $"{_folder.File("none.json")} does not exist; name a JSON file.",
            Assert.Throws<SocoDataException>(() => CocoReader.Read(_folder.File("none.json"))).Message
        );

    private CocoDataset Read(string json) => CocoReader.Read(_folder.Write("instances.json", json));
}
