using System.Collections.Concurrent;
using Soco.Vision;

namespace Soco.Data;

/// <summary>Work ahead of who needs it, on threads that nobody has to think of.</summary>
internal static class Prefetch
{
    /// <summary>Enumerates on a thread of its own, a few items ahead.</summary>
    /// <param name="produce">Makes the items, in order; told when nobody wants more.</param>
    /// <param name="ahead">Items that may wait.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The items in order, each owned by the caller. What the producer throws is thrown where its next item would be.</returns>
    public static IEnumerable<T> Ahead<T>(Func<CancellationToken, IEnumerable<T>> produce, int ahead, CancellationToken cancellationToken)
        where T : notnull
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var queue = new BlockingCollection<T>(ahead);
        Task producer = Task.Factory.StartNew(() => Fill(queue, produce, stop.Token), TaskCreationOptions.LongRunning);
        try
        {
            while (queue.TryTake(out T? item, Timeout.Infinite, cancellationToken))
            {
                yield return item;
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
                // Rethrown above where the consumer waited for it; after a cancellation nobody needs it.
            }

            while (queue.TryTake(out T? left))
            {
                (left as IDisposable)?.Dispose();
            }
        }
    }

    /// <summary>Calls for each of 0 .. count-1, on several threads; a <see cref="SocoException"/> comes out as itself.</summary>
    public static void ForEach(int count, int threads, CancellationToken cancellationToken, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, work);
        }
        catch (AggregateException exception) when (exception.InnerException is SocoException inner)
        {
            throw inner;
        }
    }

    private static void Fill<T>(
        BlockingCollection<T> queue,
        Func<CancellationToken, IEnumerable<T>> produce,
        CancellationToken cancellationToken
    )
        where T : notnull
    {
        try
        {
            foreach (T item in produce(cancellationToken))
            {
                try
                {
                    queue.Add(item, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    (item as IDisposable)?.Dispose();
                    throw;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped while an item was being made or waited.
        }
        finally
        {
            queue.CompleteAdding();
        }
    }
}
