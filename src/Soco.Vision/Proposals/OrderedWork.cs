using System.Runtime.ExceptionServices;

namespace Soco.Vision.Proposals;

/// <summary>
/// Runs work items on dedicated threads and hands out the results in item order, at most a window ahead of the slowest one, so memory
/// stays bounded and the number of threads does not show in the results.
/// </summary>
internal sealed class OrderedWork<T>
{
    private readonly object _gate = new();
    private readonly Dictionary<int, T> _finished = [];
    private readonly int _count;
    private readonly int _window;
    private int _next;
    private int _handedOut;
    private int _running;
    private bool _stop;
    private ExceptionDispatchInfo? _failure;

    private OrderedWork(int count, int jobs)
    {
        _count = count;
        _window = 8 * jobs;
        _running = Math.Min(jobs, count);
    }

    /// <summary>Runs all items, or as many as are done when <paramref name="cancellationToken"/> asks to stop.</summary>
    /// <param name="count">Items 0 .. count-1.</param>
    /// <param name="jobs">Threads.</param>
    /// <param name="newWorker">Makes what one thread works with; called once on each thread.</param>
    /// <param name="take">Called on this thread with each result, in order and without gaps.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <returns>Whether all items were handed out.</returns>
    public static bool Run(int count, int jobs, Func<Func<int, T>> newWorker, Action<T> take, CancellationToken cancellationToken)
    {
        var work = new OrderedWork<T>(count, jobs);
        using CancellationTokenRegistration registration = cancellationToken.Register(work.Stop);
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, work._running)
                .Select(_ => new Thread(() => work.Work(newWorker, cancellationToken)) { IsBackground = true }),
        ];
        Array.ForEach(threads, thread => thread.Start());
        try
        {
            while (work.TryTake(out T? result))
            {
                take(result!);
            }
        }
        finally
        {
            work.Stop();
            Array.ForEach(threads, thread => thread.Join());
        }

        work._failure?.Throw();
        return work._handedOut == count;
    }

    private void Work(Func<Func<int, T>> newWorker, CancellationToken cancellationToken)
    {
        try
        {
            Func<int, T> worker = newWorker();
            while (TryStart(out int item))
            {
                T result = worker(item);
                lock (_gate)
                {
                    _finished.Add(item, result);
                    Monitor.PulseAll(_gate);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The item under way is done again by the next run.
        }
        catch (Exception exception)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            Stop();
        }
        finally
        {
            lock (_gate)
            {
                _running--;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private bool TryStart(out int item)
    {
        lock (_gate)
        {
            while (!_stop && _next < _count && _next >= _handedOut + _window)
            {
                Monitor.Wait(_gate);
            }

            item = _next;
            return !_stop && _next++ < _count;
        }
    }

    private bool TryTake(out T? result)
    {
        lock (_gate)
        {
            while (!_finished.Remove(_handedOut, out result))
            {
                if (_running == 0)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            _handedOut++;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stop = true;
            Monitor.PulseAll(_gate);
        }
    }
}
