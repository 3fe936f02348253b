using Soco.Data;
using Soco.Distributed;
using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Pretraining.Data;

/// <summary>The images of a run and the boxes of each.</summary>
/// <param name="Source">Where the images come from.</param>
/// <param name="Indices">Which of them take part: indices of the source.</param>
/// <param name="BoxesOf">Proposals of an image by its index; empty stands for the whole image.</param>
public sealed record TrainingImages(ImageSource Source, IReadOnlyList<int> Indices, Func<int, BoxXywh[]> BoxesOf);

/// <summary>
/// Makes batches ahead of the training. What a batch holds depends on the recipe, the images and the place in the run alone, never on
/// threads or timing. An image that cannot be read is told once and replaced by the next readable one of its epoch.
/// </summary>
public sealed class SampleLoader
{
    private const int BatchesAhead = 2;

    private readonly PretrainingRecipe _recipe;
    private readonly TrainingImages _images;
    private readonly int _threads;
    private readonly ReadableImages _readable;
    private readonly ICollective _processes;

    /// <param name="recipe">Batch sizes, views and the seed.</param>
    /// <param name="images">The images.</param>
    /// <param name="threads">Threads that make samples, at least 1.</param>
    /// <param name="onUnreadable">Told once of each image that cannot be read; from any thread, one call at a time.</param>
    /// <param name="processes">The processes that share each pass; null: this one alone.</param>
    public SampleLoader(
        PretrainingRecipe recipe,
        TrainingImages images,
        int threads,
        Action<UnreadableImageException> onUnreadable,
        ICollective? processes = null
    )
    {
        _processes = processes ?? SingleProcess.Instance;
        _recipe = recipe;
        _images = images;
        Sampler = new ViewSampler(recipe);
        _threads = threads;
        _readable = new ReadableImages(images.Source, onUnreadable);
    }

    /// <summary>What makes the samples.</summary>
    public ViewSampler Sampler { get; }

    /// <summary>Steps of one epoch: whole batches only.</summary>
    public int StepsPerEpoch => _images.Indices.Count / _recipe.Batch;

    /// <summary>
    /// The passes of the steps from one on: <see cref="Recipe.Batch"/> images a step, in passes of at most <see cref="Recipe.PassSize"/>,
    /// of which each process makes its share.
    /// </summary>
    /// <param name="firstStep">Optimizer step to begin with, from 0 over the whole run.</param>
    /// <param name="endStep">One past the last step.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>Batches in order, each owned by the caller.</returns>
    /// <exception cref="SocoRunException">None of the images can be read.</exception>
    public IEnumerable<SocoBatch> Batches(long firstStep, long endStep, CancellationToken cancellationToken = default) =>
        Prefetch.Ahead(stop => Make(firstStep, endStep, stop), BatchesAhead, cancellationToken);

    private IEnumerable<SocoBatch> Make(long firstStep, long endStep, CancellationToken cancellationToken)
    {
        int epoch = -1;
        int[] order = [];
        for (long step = firstStep; step < endStep; step++)
        {
            int current = (int)(step / StepsPerEpoch);
            if (current != epoch)
            {
                epoch = current;
                order = EpochOrder.Of(_recipe.Seed, epoch, _images.Indices.Count);
            }

            int start = (int)(step % StepsPerEpoch) * _recipe.Batch;
            for (int done = 0; done < _recipe.Batch; done += _recipe.PassSize)
            {
                int pass = Math.Min(_recipe.PassSize, _recipe.Batch - done);
                (int first, int count) = _processes.ShareOf(pass);
                yield return Make(order, start + done + first, count, epoch, cancellationToken) with
                {
                    WholeImages = pass,
                };
            }
        }
    }

    private SocoBatch Make(int[] order, int start, int count, int epoch, CancellationToken cancellationToken)
    {
        var builder = new BatchBuilder(count, Sampler.Sides);
        try
        {
            Prefetch.ForEach(
                count,
                _threads,
                cancellationToken,
                place =>
                {
                    Sample sample = SampleAt(order, start + place, epoch);
                    builder.Add(place, sample);
                    foreach (View view in sample.Views)
                    {
                        view.Image.Recycle();
                    }
                }
            );
            return builder.Build();
        }
        catch
        {
            builder.Dispose();
            throw;
        }
    }

    private Sample SampleAt(int[] order, int at, int epoch) =>
        _readable.First(
            Enumerable.Range(at, order.Length).Select(place => _images.Indices[order[place % order.Length]]),
            (image, index) =>
            {
                Sample sample = Sampler.Make(image, _images.BoxesOf(index), epoch, index);
                image.Recycle();
                return sample;
            }
        );
}
