using Soco.Embedding;
using Soco.Reports;
using static TorchSharp.torch;

namespace Soco.Tests.Reports;

public sealed class NeighborPurityTests
{
    [Fact]
    public void An_embedding_that_is_the_class_has_purity_one_as_far_as_the_other_images_have_the_class()
    {
        // Two classes, four images of one box each: every box has one box of its own class elsewhere, and two of the other.
        using Tensor vectors = eye(2).repeat(2, 1);
        int[] images = [0, 1, 2, 3];
        string[] classes = ["cat", "dog", "cat", "dog"];

        Assert.Equal(1, NeighborPurity.Of(NearestVectors.Find(vectors, images, vectors, images, 1), classes));
        Assert.Equal(0.5, NeighborPurity.Of(NearestVectors.Find(vectors, images, vectors, images, 2), classes));
        Assert.Equal(1.0 / 3, NeighborPurity.Of(NearestVectors.Find(vectors, images, vectors, images, 5), classes), 1e-12);
        Assert.Equal(1.0 / 3, NeighborPurity.Chance(images, classes), 1e-12);
    }

    [Fact]
    public void Chance_leaves_the_boxes_own_image_out()
    {
        // The two cats share an image, and the other image has a dog alone: nobody can find a box of its class.
        Assert.Equal(0, NeighborPurity.Chance([0, 0, 1], ["cat", "cat", "dog"]));
        Assert.Equal((0.5 + 0.5 + 0.5 + 0.5) / 4, NeighborPurity.Chance([0, 0, 1, 1], ["cat", "dog", "cat", "dog"]));
    }
}
