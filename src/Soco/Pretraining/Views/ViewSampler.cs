using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;
using Soco.Vision.Random;

namespace Soco.Pretraining.Views;

/// <summary>
/// From an image and its proposals to what one step sees of it (SoCo, sections 3.1 and 4.1): crops, the choice of boxes, jitter, flips,
/// colors, cutout. A pure function of the image, the proposals and the key (seed, epoch, image index); safe to share between threads.
/// </summary>
public sealed class ViewSampler
{
    private readonly PretrainingRecipe _recipe;
    private readonly ulong _seed;
    private readonly ColorChain _colors;
    private readonly PyramidLevels? _levels;
    private readonly ViewPlan[] _plans;

    /// <param name="recipe">Method, sides, probabilities and the seed.</param>
    public ViewSampler(PretrainingRecipe recipe)
    {
        _recipe = recipe;
        _seed = (ulong)recipe.Seed;
        _colors = new ColorChain(recipe.Color);
        _levels = recipe.Method is PretrainingMethod.Soco or PretrainingMethod.SocoStar ? new PyramidLevels(recipe.LevelLimits) : null;
        var plans = new List<ViewPlan> { new(1, recipe.Views.Size, ViewSource.Whole), new(2, recipe.Views.Size, ViewSource.Crop) };
        if (recipe.HasView3)
        {
            plans.Add(new(3, recipe.Views.View3Size, recipe.Views.View3 == View3Source.Crop ? ViewSource.Crop : ViewSource.SecondView));
        }

        if (recipe.HasView4)
        {
            plans.Add(new(4, recipe.Views.View4Size, ViewSource.Crop));
        }

        _plans = [.. plans];
    }

    private enum ViewSource
    {
        Whole,
        Crop,
        SecondView,
    }

    /// <summary>Sides of the views in pixels, V1 first.</summary>
    public IReadOnlyList<int> Sides => [.. _plans.Select(plan => plan.Side)];

    /// <summary>Which views they are, in the same order: 1 for V1, to 4 for V4.</summary>
    public IReadOnlyList<int> Numbers => [.. _plans.Select(plan => plan.Number)];

    /// <summary>Boxes of one image in one pair of views.</summary>
    public int BoxesPerPair => Chosen * (EveryLevel ? PyramidLevels.Count : 1);

    private int Chosen => _recipe.Method == PretrainingMethod.Byol ? 1 : _recipe.Boxes.PerImage;

    private bool EveryLevel => _levels is not null && !_recipe.Boxes.ScaleAware;

    /// <summary>Makes the sample of an image.</summary>
    /// <param name="image">The whole image.</param>
    /// <param name="proposals">Its boxes; none stands for the whole image as the one box.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="index">The image's index in its source.</param>
    /// <param name="withGeometry">Whether the views are kept as they were before the colors too, for pictures.</param>
    public Sample Make(RgbImage image, ReadOnlySpan<BoxXywh> proposals, int epoch, int index, bool withGeometry = false)
    {
        Crop whole = Crop.Whole(image.Width, image.Height);
        BoxXyxy[] boxes = _recipe.Method == PretrainingMethod.Byol ? [] : Inclusive(proposals, whole);
        var geometry = new CounterRandom(_seed, (ulong)epoch, (ulong)index, Purpose.Geometry);
        (Crop[] crops, int[][] selections) = DrawCrops(ref geometry, boxes, whole);

        var random = new CounterRandom[_plans.Length];
        var flipped = new bool[_plans.Length];
        for (int view = 0; view < _plans.Length; view++)
        {
            random[view] = new CounterRandom(_seed, (ulong)epoch, (ulong)index, Purpose.Appearance + (ulong)_plans[view].Number);
            flipped[view] = random[view].Bernoulli(0.5);
        }

        var jitter = new CounterRandom(_seed, (ulong)epoch, (ulong)index, Purpose.Jitter);
        var pairs = new SamplePair[_plans.Length - 1];
        ViewBox[] first = [];
        for (int view = 1; view < _plans.Length; view++)
        {
            int[] selection = selections[view];

            // A view that is another's resized shows that view's boxes: the first view's copies, jitter included, are shared.
            if (_plans[view].Source != ViewSource.SecondView)
            {
                first = Place(JitterAll(ref jitter, boxes, selection, whole), selection, whole, _plans[0], flipped[0]);
            }

            BoxXyxy[] plain = [.. selection.Select(box => box < 0 ? WholeOf(crops[view]) : boxes[box])];
            pairs[view - 1] = new SamplePair(view, first, Place(plain, selection, crops[view], _plans[view], flipped[view]));
        }

        return new Sample(Render(image, crops, flipped, random, pairs, epoch, index, withGeometry), pairs);
    }

    /// <summary>
    /// Crops for the views, and for each of them K boxes that it shows (indices; -1 is the whole view, where it shows none).
    /// </summary>
    private (Crop[] Crops, int[][] Selections) DrawCrops(ref CounterRandom random, BoxXyxy[] boxes, Crop whole)
    {
        var crops = new Crop[_plans.Length];
        var selections = new int[_plans.Length][];
        int least = boxes.Length == 0 ? 0 : Math.Max(Chosen / 2, 1);
        for (int attempt = 0; attempt < _recipe.Views.Tries; attempt++)
        {
            bool enough = true;
            for (int view = 0; view < _plans.Length; view++)
            {
                (crops[view], selections[view]) = _plans[view].Source switch
                {
                    ViewSource.Whole => (whole, []),
                    ViewSource.SecondView => (crops[1], selections[1]),
                    _ => DrawCrop(ref random, boxes, whole),
                };
                enough &= _plans[view].Source != ViewSource.Crop || selections[view].Length >= least;
            }

            if (enough)
            {
                break;
            }

            least = Math.Max(least / 2, 1);
        }

        for (int view = 1; view < _plans.Length; view++)
        {
            selections[view] = _plans[view].Source == ViewSource.SecondView ? selections[1] : FillUp(ref random, selections[view]);
        }

        return (crops, selections);
    }

    private (Crop Crop, int[] Selection) DrawCrop(ref CounterRandom random, BoxXyxy[] boxes, Crop whole)
    {
        ViewRecipe views = _recipe.Views;
        Crop crop = Crop.Random(ref random, whole.Width, whole.Height, views.CropMinArea, views.CropAspect.Low, views.CropAspect.High);
        int[] shown = [.. Enumerable.Range(0, boxes.Length).Where(box => crop.Overlaps(boxes[box]))];
        random.Shuffle<int>(shown);
        return (crop, shown[..Math.Min(shown.Length, Chosen)]);
    }

    /// <summary>Repeats chosen boxes up to K.</summary>
    private int[] FillUp(ref CounterRandom random, int[] chosen)
    {
        int[] source = chosen.Length > 0 ? chosen : [-1];
        var full = new int[Chosen];
        for (int i = 0; i < full.Length; i++)
        {
            full[i] = i < source.Length ? source[i] : source[random.NextInt(source.Length)];
        }

        return full;
    }

    /// <summary>
    /// Box jitter (SoCo, section 3.1): each box of the first view moves and scales by up to the ratio, then is clipped; a repeated box
    /// moves anew.
    /// </summary>
    private BoxXyxy[] JitterAll(ref CounterRandom random, BoxXyxy[] boxes, int[] selection, Crop whole)
    {
        double ratio = _recipe.Boxes.JitterRatio;
        var jittered = new BoxXyxy[selection.Length];
        for (int i = 0; i < selection.Length; i++)
        {
            BoxXyxy box = jittered[i] = selection[i] < 0 ? WholeOf(whole) : boxes[selection[i]];
            if (_recipe.Method != PretrainingMethod.Byol && random.Bernoulli(_recipe.Boxes.JitterProbability))
            {
                double width = box.X2 - box.X1 + 1,
                    height = box.Y2 - box.Y1 + 1;
                double x = box.X1 + random.Uniform(-ratio, ratio) * width,
                    y = box.Y1 + random.Uniform(-ratio, ratio) * height;
                double newWidth = width * (1 + random.Uniform(-ratio, ratio)),
                    newHeight = height * (1 + random.Uniform(-ratio, ratio));
                var moved = new BoxXyxy(x, y, x + newWidth - 1, y + newHeight - 1);
                jittered[i] = whole.Overlaps(moved) ? moved : box;
            }
        }

        return jittered;
    }

    private ViewBox[] Place(BoxXyxy[] boxes, int[] selection, Crop crop, ViewPlan plan, bool flip)
    {
        var placed = new List<ViewBox>(BoxesPerPair);
        for (int i = 0; i < boxes.Length; i++)
        {
            BoxXyxy unit = crop.Clip(boxes[i]);
            int level =
                _levels?.LevelOf(new BoxXyxy(unit.X1 * plan.Side, unit.Y1 * plan.Side, unit.X2 * plan.Side, unit.Y2 * plan.Side)) ?? 0;
            BoxXyxy corners = flip ? new BoxXyxy(1 - unit.X2, unit.Y1, 1 - unit.X1, unit.Y2) : unit;
            int id = selection[i] + 1;
            if (EveryLevel)
            {
                // Without scale-aware assignment a box is compared on every level: as many objects as levels.
                placed.AddRange(
                    Enumerable.Range(0, PyramidLevels.Count).Select(l => new ViewBox(id * PyramidLevels.Count + l, corners, l))
                );
            }
            else
            {
                placed.Add(new ViewBox(id, corners, level));
            }
        }

        return [.. placed];
    }

    private View[] Render(
        RgbImage image,
        Crop[] crops,
        bool[] flipped,
        CounterRandom[] random,
        SamplePair[] pairs,
        int epoch,
        int index,
        bool withGeometry
    )
    {
        var views = new View[_plans.Length];
        RgbImage? third = null;
        for (int view = 0; view < _plans.Length; view++)
        {
            ViewPlan plan = _plans[view];
            Crop crop = crops[view];
            RgbImage pixels =
                plan.Source == ViewSource.SecondView
                    ? third!
                    : Resampling.CropAndResizeBilinear(image, crop.Left, crop.Top, crop.Width, crop.Height, plan.Side, plan.Side);
            if (view + 1 < _plans.Length && _plans[view + 1].Source == ViewSource.SecondView)
            {
                // Before the second view's own flip and colors.
                third = Resampling.ResizeBilinear(pixels, _plans[view + 1].Side, _plans[view + 1].Side);
            }

            if (flipped[view])
            {
                ColorTransforms.FlipHorizontal(pixels);
            }

            RgbImage? geometry = withGeometry ? Copy(pixels) : null;
            _colors.Apply(pixels, plan.Number, ref random[view]);
            BoxXyxy[] cutouts = view > 0 && _recipe.Cutout.Enabled ? DrawCutouts(pairs[view - 1].Other, plan, epoch, index) : [];
            views[view] = new View(plan.Number, crop, flipped[view], geometry, pixels, cutouts);
        }

        return views;
    }

    /// <summary>
    /// Squares inside the boxes of a view: area uniform in the given share of the box, center anywhere in the box, clipped to the view.
    /// </summary>
    private BoxXyxy[] DrawCutouts(ViewBox[] boxes, ViewPlan plan, int epoch, int index)
    {
        var random = new CounterRandom(_seed, (ulong)epoch, (ulong)index, Purpose.Cutout + (ulong)plan.Number);
        var squares = new List<BoxXyxy>();

        // Where a box stands on every level, its copies are one box of the view.
        foreach (ViewBox box in boxes.Where(box => !EveryLevel || box.Level == 0))
        {
            if (random.Bernoulli(_recipe.Cutout.Probability))
            {
                int x1 = (int)(box.Corners.X1 * plan.Side),
                    y1 = (int)(box.Corners.Y1 * plan.Side);
                int width = (int)(box.Corners.X2 * plan.Side) - x1 + 1,
                    height = (int)(box.Corners.Y2 * plan.Side) - y1 + 1;
                double area = random.Uniform(_recipe.Cutout.AreaRatio.Low, _recipe.Cutout.AreaRatio.High) * width * height;
                int side = Math.Max((int)Math.Round(Math.Sqrt(area)), 1);
                int x = x1 + random.NextInt(width) - side / 2,
                    y = y1 + random.NextInt(height) - side / 2;
                squares.Add(
                    new BoxXyxy(Math.Max(x, 0), Math.Max(y, 0), Math.Min(x + side, plan.Side) - 1, Math.Min(y + side, plan.Side) - 1)
                );
            }
        }

        return [.. squares];
    }

    private static BoxXyxy[] Inclusive(ReadOnlySpan<BoxXywh> proposals, Crop whole)
    {
        if (proposals.IsEmpty)
        {
            return [WholeOf(whole)];
        }

        var boxes = new BoxXyxy[proposals.Length];
        for (int i = 0; i < boxes.Length; i++)
        {
            BoxXywh box = proposals[i];
            boxes[i] = new BoxXyxy(box.X, box.Y, box.X + box.Width - 1, box.Y + box.Height - 1);
        }

        return boxes;
    }

    private static BoxXyxy WholeOf(Crop crop) => new(crop.Left, crop.Top, crop.Left + crop.Width - 1, crop.Top + crop.Height - 1);

    private static RgbImage Copy(RgbImage image) => new(image.Width, image.Height, (byte[])image.Pixels.Clone());

    /// <param name="Number">1 for V1, to 4 for V4.</param>
    /// <param name="Side">Pixels.</param>
    /// <param name="Source">Where its pixels come from.</param>
    private readonly record struct ViewPlan(int Number, int Side, ViewSource Source);
}
