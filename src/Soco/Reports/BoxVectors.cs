using Soco.Pretraining.Data;
using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Reports;

/// <summary>
/// The vectors of boxes as a detector would be handed them: each image whole at the size of V1, without flip, jitter or colors.
/// </summary>
internal static class BoxVectors
{
    /// <summary>[B, F] unit vectors, float32, in the order of the boxes.</summary>
    /// <param name="model">In the mode afterwards that it was in.</param>
    /// <param name="recipe">Size of the views and limits of the levels.</param>
    /// <param name="images">The images, whole.</param>
    /// <param name="boxes">Their boxes.</param>
    public static Tensor Of(SocoModel model, PretrainingRecipe recipe, IReadOnlyList<RgbImage> images, IReadOnlyList<DescribedBox> boxes)
    {
        using DisposeScope scope = NewDisposeScope();
        var vectors = new Tensor[boxes.Count];
        bool training = model.training;
        model.eval();
        try
        {
            foreach (IGrouping<int, int> ofImage in Enumerable.Range(0, boxes.Count).GroupBy(box => boxes[box].Image))
            {
                foreach ((Crop crop, int[] shown) in ViewsOf(model.Options.Variant, images[ofImage.Key], [.. ofImage], boxes))
                {
                    Tensor described = Describe(
                        model,
                        recipe,
                        images[ofImage.Key],
                        crop,
                        [.. shown.Select(box => crop.Clip(InclusiveOf(boxes[box].Box)))]
                    );
                    for (int row = 0; row < shown.Length; row++)
                    {
                        vectors[shown[row]] = described[row];
                    }
                }
            }

            return stack(vectors).MoveToOuterDisposeScope();
        }
        finally
        {
            model.train(training);
        }
    }

    /// <summary>One view of the image with all its boxes; for an image-level network each box is an image of its own.</summary>
    private static IEnumerable<(Crop Crop, int[] Shown)> ViewsOf(
        Variant variant,
        RgbImage image,
        int[] ofImage,
        IReadOnlyList<DescribedBox> boxes
    ) =>
        variant == Variant.Image
            ? ofImage.Select(box =>
                (new Crop(boxes[box].Box.X, boxes[box].Box.Y, boxes[box].Box.Width, boxes[box].Box.Height), new[] { box })
            )
            : [(Crop.Whole(image.Width, image.Height), ofImage)];

    private static Tensor Describe(SocoModel model, PretrainingRecipe recipe, RgbImage image, Crop crop, BoxXyxy[] corners)
    {
        int side = recipe.Views.Size;
        RgbImage pixels = Resampling.CropAndResizeBilinear(image, crop.Left, crop.Top, crop.Width, crop.Height, side, side);
        using var builder = new BatchBuilder(1, [side]);
        builder.Add(0, new Sample([new View(1, crop, false, null, pixels, [])], []));
        var levels = new PyramidLevels(recipe.LevelLimits);
        var set = new BoxSet(
            1,
            corners.Length,
            [.. corners.SelectMany(box => new[] { (float)box.X1, (float)box.Y1, (float)box.X2, (float)box.Y2 })],
            [.. Enumerable.Range(0, corners.Length)],
            [.. corners.Select(box => LevelOf(levels, box, side))]
        );
        using SocoBatch batch = builder.Build().To(model.parameters().First().device);
        return model.Describe(batch.Views[0], set)[0];
    }

    /// <summary>As detectors do, the coarsest level takes what is too large for all.</summary>
    private static int LevelOf(PyramidLevels levels, BoxXyxy unit, int side)
    {
        int level = levels.LevelOf(new BoxXyxy(unit.X1 * side, unit.Y1 * side, unit.X2 * side, unit.Y2 * side));
        return level == BoxSet.NoLevel ? PyramidLevels.Count - 1 : level;
    }

    private static BoxXyxy InclusiveOf(BoxXywh box) => new(box.X, box.Y, box.X + box.Width - 1, box.Y + box.Height - 1);
}
