using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Tests.Annotations.Coco;

public sealed class CocoWriterTests
{
    private static readonly CocoDataset s_dataset = new(
        [new CocoImage(7, "train/a \"b\" é.jpg", 3, 2)],
        [new CocoCategory(4, "star", "shape")],
        [CocoAnnotation.Of(11, 7, 4, RunLengthMask.Encode([0, 1, 1, 0, 1, 0], 3, 2))]
    );

    [Fact]
    public void The_file_reads_as_the_coco_format_says()
    {
        using var stream = new MemoryStream();
        CocoWriter.Write(s_dataset, stream);
        using var json = JsonDocument.Parse(stream.ToArray());

        JsonElement image = json.RootElement.GetProperty("images")[0];
        Assert.Equal("""{"id":7,"file_name":"train/a \"b\" é.jpg","width":3,"height":2}""", image.GetRawText());
        JsonElement category = json.RootElement.GetProperty("categories")[0];
        Assert.Equal("""{"id":4,"name":"star","supercategory":"shape"}""", category.GetRawText());
        JsonElement annotation = json.RootElement.GetProperty("annotations")[0];
        Assert.Equal(
            """{"id":11,"image_id":7,"category_id":4,"bbox":[1,0,2,2],"area":3,"iscrowd":0,"segmentation":{"size":[2,3],"counts":"231"}}""",
            annotation.GetRawText()
        );
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_one_sentence()
    {
        string file = Path.GetTempFileName();
        try
        {
            string path = Path.Combine(file, "instances.json");
            Assert.StartsWith(
                $"{path} cannot be written (",
                Assert.Throws<SocoRunException>(() => CocoWriter.Save(s_dataset, path)).Message
            );
        }
        finally
        {
            File.Delete(file);
        }
    }
}
