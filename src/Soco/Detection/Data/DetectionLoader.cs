using Soco.Data;
using Soco.Distributed;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Vision.Random;

namespace Soco.Detection.Data;

/// <summary>
/// Makes batches of labelled images ahead of the training: resized to a drawn short side, flipped or not, normalized, padded, with boxes
/// and masks that follow. What a batch holds depends on the recipe, the images and the place in the run alone. An image that cannot be read
/// is told once and replaced by the next readable one.
/// </summary>
public sealed class DetectionLoader
{
    private const int BatchesAhead = 2;

    private readonly DetectionRecipe _recipe;
    private readonly LabelledImages _images;
    private readonly DetectionOrder _order;
    private readonly ReadableImages _readable;
    private readonly Dictionary<int, int> _places;
    private readonly bool _withMasks;
    private readonly ICollective _processes;

    /// <param name="recipe">Batch sizes, sizes of the images and the seed; <c>model.heads</c> is resolved.</param>
    /// <param name="images">The images.</param>
    /// <param name="onUnreadable">Told once of each image that cannot be read; from any thread, one call at a time.</param>
    /// <param name="processes">The processes that share each pass; null: this one alone.</param>
    /// <exception cref="SocoDataException">No image has an object to learn, or masks are to be learned and no object has one.</exception>
    public DetectionLoader(
        DetectionRecipe recipe,
        LabelledImages images,
        Action<UnreadableImageException> onUnreadable,
        ICollective? processes = null
    )
    {
        _processes = processes ?? SingleProcess.Instance;
        _recipe = recipe;
        _images = images;
        _order = new DetectionOrder(recipe, images);
        _readable = new ReadableImages(images.Source, onUnreadable);
        _withMasks = recipe.Model.Heads == DetectorHeads.BoxAndMask;
        if (_withMasks && !images.HasMasks)
        {
            throw new SocoDataException(
                "Masks are to be learned, and no object has one: take annotations with masks, or --set model.heads=box."
            );
        }

        _places = Enumerable.Range(0, images.Count).ToDictionary(images.SourceIndexOf);
    }

    /// <summary>Images that take part.</summary>
    public int Images => _order.Images;

    /// <summary>Steps of one pass over the images.</summary>
    public int StepsPerEpoch => _order.BatchesPerEpoch;

    /// <summary>
    /// The passes of the steps from one on: <see cref="Recipe.Batch"/> images a step, in passes of at most <see cref="Recipe.PassSize"/>,
    /// of which each process makes its share.
    /// </summary>
    /// <param name="firstStep">Optimizer step to begin with, from 0 over the whole run.</param>
    /// <param name="endStep">One past the last step.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>Batches in order, each owned by the caller.</returns>
    /// <exception cref="SocoRunException">None of the images can be read.</exception>
    public IEnumerable<DetectionBatch> Batches(long firstStep, long endStep, CancellationToken cancellationToken = default) =>
        Prefetch.Ahead(stop => Make(firstStep, endStep, stop), BatchesAhead, cancellationToken);

    private IEnumerable<DetectionBatch> Make(long firstStep, long endStep, CancellationToken cancellationToken)
    {
        if (firstStep >= endStep)
        {
            yield break;
        }

        long step = 0;
        foreach (Turn[] turns in _order.Batches())
        {
            if (step >= firstStep)
            {
                foreach (Turn[] pass in turns.Chunk(_recipe.PassSize))
                {
                    (int first, int count) = _processes.ShareOf(pass.Length);
                    var samples = new DetectionSample[count];
                    Prefetch.ForEach(
                        count,
                        _recipe.ThreadCount,
                        cancellationToken,
                        place => samples[place] = SampleOf(pass[first + place])
                    );
                    yield return DetectionBatches.Build(samples, _withMasks) with
                    {
                        FirstImage = first,
                        WholeImages = pass.Length,
                    };
                }
            }

            if (++step == endStep)
            {
                yield break;
            }
        }
    }

    private DetectionSample SampleOf(Turn turn) =>
        _readable.First(
            Enumerable.Range(turn.Place, _images.Count).Select(place => _images.SourceIndexOf(place % _images.Count)),
            (image, index) =>
            {
                int place = _places[index];
                _images.Check(place, image);
                var random = new CounterRandom((ulong)_recipe.Seed, (ulong)turn.Number, (ulong)place, Purpose.Resize);
                ImageSize size = ImageResize.SizeOf(
                    image.Width,
                    image.Height,
                    DrawShortSide(_recipe.Input, ref random),
                    _recipe.Input.LongSide
                );
                bool flipped = random.Bernoulli(_recipe.Input.FlipProbability);
                return new DetectionSample(
                    Resampling.ResizeBilinear(image, size.Width, size.Height),
                    flipped,
                    [.. _images.ObjectsOf(place).Select(item => Follow(item, image, size, flipped))]
                );
            }
        );

    /// <summary>Draws a short side: the low end of the range plus a multiple of the step.</summary>
    private static int DrawShortSide(InputRecipe input, ref CounterRandom random)
    {
        int low = (int)input.ShortSide.Low;
        return low + input.ShortSideStep * random.NextInt(((int)input.ShortSide.High - low) / input.ShortSideStep + 1);
    }

    private LabelledObject Follow(LabelledObject item, RgbImage image, ImageSize size, bool flipped)
    {
        double x = (double)size.Width / image.Width,
            y = (double)size.Height / image.Height;
        (double left, double right) = (item.Box.X1 * x, item.Box.X2 * x);
        return new LabelledObject(
            new BoxXyxy(flipped ? size.Width - right : left, item.Box.Y1 * y, flipped ? size.Width - left : right, item.Box.Y2 * y),
            item.Label,
            _withMasks ? item.Mask?.Resize(size.Width, size.Height, flipped) : null
        );
    }
}
