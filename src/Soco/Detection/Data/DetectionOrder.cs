using Soco.Data;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Random;

namespace Soco.Detection.Data;

/// <summary>An image in its turn.</summary>
/// <param name="Place">Place among the labelled images.</param>
/// <param name="Number">How many images came before it in the run: no two turns have the same.</param>
internal readonly record struct Turn(int Place, long Number);

/// <summary>
/// The endless order in which labelled images are learned: epoch after epoch, each shuffled; images with rare classes more often
/// (repeat-factor sampling, Gupta et al., LVIS, 2019, section 4); batches of images of one orientation. A function of the seed and the
/// annotations alone, replayed from the start when a run goes on.
/// </summary>
internal sealed class DetectionOrder
{
    private readonly DetectionRecipe _recipe;
    private readonly int[] _places;
    private readonly double[] _repeats;
    private readonly bool[] _upright;

    /// <param name="recipe">Seed, batch and choice of images.</param>
    /// <param name="images">The images.</param>
    /// <exception cref="SocoDataException">No image has an object, and images without are not kept.</exception>
    public DetectionOrder(DetectionRecipe recipe, LabelledImages images)
    {
        _recipe = recipe;
        _places = [.. Enumerable.Range(0, images.Count).Where(place => recipe.Input.KeepEmpty || images.ObjectsOf(place).Count > 0)];
        if (_places.Length == 0)
        {
            throw new SocoDataException($"None of the {images.Count} images has an object to learn; give other annotations.");
        }

        _upright = [.. _places.Select(place => images.ImageAt(place).Width < images.ImageAt(place).Height)];
        _repeats = RepeatsOf(
            recipe.Input.RepeatThreshold,
            [.. _places.Select(place => images.ObjectsOf(place).Select(item => item.Label).ToHashSet())]
        );
    }

    /// <summary>Images that take part.</summary>
    public int Images => _places.Length;

    /// <summary>Batches of an epoch, on average, rounded up.</summary>
    public int BatchesPerEpoch => (int)Math.Ceiling(_repeats.Sum() / _recipe.Batch);

    /// <summary>The batches from the first on, without end.</summary>
    public IEnumerable<Turn[]> Batches()
    {
        List<Turn>[] waiting =
        [
            [],
            [],
        ];
        foreach (Turn turn in Turns())
        {
            List<Turn> group = waiting[_recipe.Input.GroupByAspect && _upright[turn.Place] ? 1 : 0];
            group.Add(turn with { Place = _places[turn.Place] });
            if (group.Count == _recipe.Batch)
            {
                yield return [.. group];
                group.Clear();
            }
        }
    }

    /// <summary>How often each image comes in an epoch: the largest sqrt(threshold / share) of its classes, at least 1.</summary>
    /// <param name="threshold">Share of the images below which a class is rare; 0: none is.</param>
    /// <param name="classes">The classes of each image.</param>
    internal static double[] RepeatsOf(double threshold, IReadOnlyList<IReadOnlySet<int>> classes)
    {
        Dictionary<int, int> images = classes.SelectMany(ofImage => ofImage).CountBy(label => label).ToDictionary();
        return
        [
            .. classes.Select(ofImage => ofImage.Select(label => Math.Sqrt(threshold * classes.Count / images[label])).Append(1).Max()),
        ];
    }

    private IEnumerable<Turn> Turns()
    {
        long number = 0;
        for (int epoch = 0; ; epoch++)
        {
            int[] repeated =
            [
                .. Enumerable.Range(0, _places.Length).SelectMany(place => Enumerable.Repeat(place, RepeatsIn(epoch, place))),
            ];
            foreach (int at in EpochOrder.Of(_recipe.Seed, epoch, repeated.Length))
            {
                yield return new Turn(repeated[at], number++);
            }
        }
    }

    private int RepeatsIn(int epoch, int place)
    {
        int whole = (int)_repeats[place];
        double part = _repeats[place] - whole;
        return part > 0 && new CounterRandom((ulong)_recipe.Seed, (ulong)epoch, (ulong)place, Purpose.Repeat).Bernoulli(part)
            ? whole + 1
            : whole;
    }
}
