using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Reports;
using Soco.Vision;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Reports;

public sealed class NeighborSheetTests
{
    private static readonly string[] s_narrow =
    [
        "views.size=64",
        "views.view3_size=32",
        "model.fpn_channels=8",
        "model.head_channels=8",
        "model.head_fc=16",
        "model.projector_hidden=16",
        "model.projector_out=8",
    ];

    [Theory]
    [InlineData("soco")]
    [InlineData("soco-c4")]
    [InlineData("byol")]
    public void Neighbors_are_never_of_the_boxes_own_image(string method)
    {
        NeighborSheet.Result result = Make(method);

        Assert.Equal(s_boxes.Length, result.Neighbors.Count);
        for (int box = 0; box < s_boxes.Length; box++)
        {
            Assert.Equal(2, result.Neighbors[box].Count);
            Assert.All(result.Neighbors[box], near => Assert.NotEqual(s_boxes[box].Image, s_boxes[near.Index].Image));
        }
    }

    [Theory]
    [InlineData("soco")]
    [InlineData("soco-c4")]
    [InlineData("byol")]
    public void A_copy_of_an_image_holds_the_nearest_box_of_each_and_they_agree(string method)
    {
        NeighborSheet.Result result = Make(method);

        // Images 0 and 3 are the same, and so are their boxes: 0 and 6, 1 and 7.
        foreach ((int box, int twin) in new[] { (0, 6), (1, 7), (6, 0), (7, 1) })
        {
            Assert.Equal(twin, result.Neighbors[box][0].Index);
            Assert.Equal(1, result.Neighbors[box][0].Cosine, 1e-4);
        }
    }

    [Fact]
    public void The_sheet_has_a_row_for_each_query_and_a_column_for_each_neighbor()
    {
        NeighborSheet.Result result = Make("soco");

        Assert.Equal([0, 3, 4, 7], result.Queries); // one of each image, by turns its first and its second box
        int caption = ImageDrawing.Measure("V", 13).Height,
            title = ImageDrawing.Measure("V", 20).Height + 6;
        Assert.Equal((12 + 3 * (60 + 12), 12 + title + 4 * (60 + caption + 12)), (result.Sheet.Width, result.Sheet.Height));
    }

    [Fact]
    public void The_border_of_a_neighbor_tells_whether_it_has_the_class_of_its_query()
    {
        NeighborSheet.Result result = Make("soco");

        int query = result.Queries[0];
        for (int rank = 0; rank < 2; rank++)
        {
            bool same = s_boxes[result.Neighbors[query][rank].Index].Class == s_boxes[query].Class;
            DrawingColor border = DrawingPalette.Of(same ? 3 : 2);
            int top = 12 + ImageDrawing.Measure("V", 20).Height + 6;
            Assert.Equal((border.R, border.G, border.B), result.Sheet[12 + (rank + 1) * (60 + 12), top]);
        }
    }

    [Fact]
    public void Purity_is_known_where_every_class_is()
    {
        NeighborSheet.Result result = Make("soco");
        double expected = Enumerable
            .Range(0, s_boxes.Length)
            .Average(box => result.Neighbors[box].Average(near => s_boxes[near.Index].Class == s_boxes[box].Class ? 1.0 : 0));

        Assert.Equal(expected, result.Purity!.Value, 1e-12);
        Assert.Equal(0.5, result.Chance!.Value, 1e-12);
        DescribedBox[] partly = [.. s_boxes[1..], s_boxes[0] with { Class = null }];
        Assert.Null(Make("soco", partly).Purity);
        Assert.Null(Make("soco", partly).Chance);
    }

    [Fact]
    public void The_same_network_gives_the_same_sheet_and_keeps_its_mode_and_statistics()
    {
        PretrainingRecipe recipe = RecipeOf("soco");
        using SocoModel model = ModelOf(recipe);
        model.train();
        using Tensor before = model.state_dict()["encoder.bn1.running_mean"].clone();

        byte[] first = Sheet.Make(model, recipe, s_images, s_boxes).Sheet.Pixels,
            second = Sheet.Make(model, recipe, s_images, s_boxes).Sheet.Pixels;

        Assert.Equal(first, second);
        Assert.True(model.training);
        Assert.Equal(before.data<float>().ToArray(), model.state_dict()["encoder.bn1.running_mean"].data<float>().ToArray());
    }

    [Fact]
    public void A_box_is_described_by_the_features_of_the_head_as_a_unit_vector()
    {
        PretrainingRecipe recipe = RecipeOf("soco");
        using SocoModel model = ModelOf(recipe);
        using Tensor vectors = BoxVectors.Of(model, recipe, s_images, s_boxes);

        Assert.Equal([8, 16], vectors.shape);
        Assert.All(vectors.norm(1, keepdim: false, p: 2f).data<float>().ToArray(), norm => Assert.Equal(1, norm, 1e-5));
        Assert.False(vectors.requires_grad);
    }

    [Fact]
    public void Live_tensors_stay_level()
    {
        PretrainingRecipe recipe = RecipeOf("soco");
        using SocoModel model = ModelOf(recipe);
        Sheet.Make(model, recipe, s_images, s_boxes);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Sheet.Make(model, recipe, s_images, s_boxes);

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Boxes_of_one_image_alone_have_no_neighbors()
    {
        Assert.Contains(
            "at least two images",
            Assert.Throws<SocoDataException>(() => Make("soco", s_boxes[..2])).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<SocoDataException>(() => Make("soco", []));
    }

    private static NeighborSheet Sheet =>
        new()
        {
            Queries = 4,
            Neighbors = 2,
            Side = 60,
        };

    private static readonly RgbImage[] s_images = [Noise(0), Noise(1), Noise(2), Noise(0)];

    private static readonly DescribedBox[] s_boxes =
    [
        .. Enumerable
            .Range(0, 4)
            .SelectMany(image =>
                new[]
                {
                    new DescribedBox(image, new BoxXywh(3, 5, 40, 30), "cat"),
                    new DescribedBox(image, new BoxXywh(30, 20, 50, 60), "dog"),
                }
            ),
    ];

    private static NeighborSheet.Result Make(string method, DescribedBox[]? boxes = null)
    {
        PretrainingRecipe recipe = RecipeOf(method);
        using SocoModel model = ModelOf(recipe);
        return Sheet.Make(model, recipe, s_images, boxes ?? s_boxes);
    }

    private static PretrainingRecipe RecipeOf(string method) => Recipe.Load<PretrainingRecipe>("small", [.. s_narrow, $"method={method}"]);

    private static SocoModel ModelOf(PretrainingRecipe recipe)
    {
        manual_seed(1);
        return new SocoModel(SocoModelOptions.Of(recipe));
    }

    private static RgbImage Noise(int seed)
    {
        var image = new RgbImage(90, 80);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }
}
