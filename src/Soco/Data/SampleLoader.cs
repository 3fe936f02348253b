using System.Collections.Concurrent;
using Soco.Images;
using Soco.Pretraining;
using Soco.Training;
using Soco.Views;

namespace Soco.Data;

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

    private readonly Recipe _recipe;
    private readonly TrainingImages _images;
    private readonly int _threads;
    private readonly Action<UnreadableImageException> _onUnreadable;
    private readonly ConcurrentDictionary<int, bool> _unreadable = [];

    /// <param name="recipe">Batch sizes, views and the seed.</param>
    /// <param name="images">The images.</param>
    /// <param name="threads">Threads that make samples, at least 1.</param>
    /// <param name="onUnreadable">Told once of each image that cannot be read; from any thread, one call at a time.</param>
    public SampleLoader(Recipe recipe, TrainingImages images, int threads, Action<UnreadableImageException> onUnreadable)
    {
        _recipe = recipe;
        _images = images;
        Sampler = new ViewSampler(recipe);
        _threads = threads;
        _onUnreadable = onUnreadable;
    }

    /// <summary>What makes the samples.</summary>
    public ViewSampler Sampler { get; }

    /// <summary>Steps of one epoch: whole batches only.</summary>
    public int StepsPerEpoch => _images.Indices.Count / _recipe.Batch;

    /// <summary>The passes of the steps from one on: <see cref="Recipe.Batch"/> images a step, in passes of at most <see cref="Recipe.PassSize"/>.</summary>
    /// <param name="firstStep">Optimiser step to begin with, from 0 over the whole run.</param>
    /// <param name="endStep">One past the last step.</param>
    /// <param name="cancellation">Ends the enumeration.</param>
    /// <returns>Batches in order, each owned by the caller.</returns>
    /// <exception cref="SocoRunException">None of the images can be read.</exception>
    public IEnumerable<SocoBatch> Batches(long firstStep, long endStep, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var queue = new BlockingCollection<SocoBatch>(BatchesAhead);
        Task producer = Task.Factory.StartNew(() => Produce(queue, firstStep, endStep, stop.Token), TaskCreationOptions.LongRunning);
        try
        {
            while (queue.TryTake(out SocoBatch? batch, Timeout.Infinite, cancellation))
            {
                yield return batch;
            }

            producer.GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            try
            {
                producer.Wait(CancellationToken.None);
            }
            catch (AggregateException)
            {
                // Rethrown above where the consumer waited for it; after a stop nobody needs it.
            }

            while (queue.TryTake(out SocoBatch? left))
            {
                left.Dispose();
            }
        }
    }

    private void Produce(BlockingCollection<SocoBatch> queue, long firstStep, long endStep, CancellationToken stop)
    {
        try
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
                    SocoBatch batch = Make(order, start + done, Math.Min(_recipe.PassSize, _recipe.Batch - done), epoch, stop);
                    try
                    {
                        queue.Add(batch, stop);
                    }
                    catch (OperationCanceledException)
                    {
                        batch.Dispose();
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped while a batch was being made.
        }
        finally
        {
            queue.CompleteAdding();
        }
    }

    private SocoBatch Make(int[] order, int start, int count, int epoch, CancellationToken stop)
    {
        var builder = new BatchBuilder(count, Sampler.Sides);
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = stop };
            Parallel.For(0, count, options, place => builder.Add(place, SampleAt(order, start + place, epoch)));
            return builder.Build();
        }
        catch (Exception exception)
        {
            builder.Dispose();
            throw exception is AggregateException { InnerException: SocoException inner } ? inner : exception;
        }
    }

    private Sample SampleAt(int[] order, int at, int epoch)
    {
        for (int offset = 0; offset < order.Length; offset++)
        {
            int index = _images.Indices[order[(at + offset) % order.Length]];
            if (_unreadable.ContainsKey(index))
            {
                continue;
            }

            try
            {
                RgbImage image = ImageDecoder.Decode(_images.Source.ReadBytes(index), _images.Source.NameOf(index));
                return Sampler.Make(image, _images.BoxesOf(index), epoch, index);
            }
            catch (UnreadableImageException exception)
            {
                if (_unreadable.TryAdd(index, true))
                {
                    lock (_unreadable)
                    {
                        _onUnreadable(exception);
                    }
                }
            }
        }

        throw new SocoRunException($"None of the {order.Length} images can be read; see skipped.csv for the reasons.");
    }
}
