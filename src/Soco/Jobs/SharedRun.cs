using Soco.Distributed;
using Soco.Distributed.Nccl;
using Soco.Recipes;
using Soco.Tensors;
using Soco.Vision;
using TorchSharp;

namespace Soco.Jobs;

/// <summary>A training of several processes, of which the first one writes and reports.</summary>
internal sealed class SharedRun : IDisposable
{
    private readonly NcclCollective? _onDevices;

    /// <param name="processes">The processes.</param>
    /// <param name="device">Where they compute.</param>
    /// <exception cref="Soco.Vision.SocoRequestException">The device is not here, or processes on GPUs have no NCCL.</exception>
    public SharedRun(ICollective processes, ComputeDevice device)
    {
        _onDevices = Devices.Resolve(device).type == DeviceType.CUDA && processes.IsShared() ? NcclCollective.On(processes) : null;
        Processes = _onDevices ?? processes;
    }

    /// <summary>The processes, over NCCL where they compute on GPUs.</summary>
    public ICollective Processes { get; }

    /// <summary>A reporter that is silent but on the first process.</summary>
    public JobReporter Of(JobReporter reporter) => Processes.IsFirst() ? reporter : reporter with { Progress = null };

    /// <summary>Does something on the first process, while the others wait.</summary>
    public void OnFirst(Action action)
    {
        if (Processes.IsFirst())
        {
            action();
        }

        Processes.Barrier();
    }

    /// <summary>Makes something on the first process, while the others wait; null on these.</summary>
    public T? OnFirst<T>(Func<T> make)
        where T : class
    {
        T? made = Processes.IsFirst() ? make() : null;
        Processes.Barrier();
        return made;
    }

    /// <summary>
    /// The recipe as all processes carry it out: the number format that the first one decides, and where threads are not given, those of
    /// the host shared out among its processes.
    /// </summary>
    /// <param name="path">The run folder, which need not be there.</param>
    /// <param name="recipe">As asked for.</param>
    /// <param name="reporter">Where decisions are told.</param>
    public T Settle<T>(string path, T recipe, JobReporter reporter)
        where T : Recipe
    {
        string precision = Processes.FromFirst(() => TrainingRun.WithPrecision(path, recipe, reporter).Precision.ToString());
        return (T)(
            recipe with
            {
                Precision = Enum.Parse<NumberFormat>(precision),
                Threads = Processes.IsShared() ? Processes.ThreadsOf(recipe.Threads) : recipe.Threads,
            }
        );
    }

    /// <summary>Tells how many processes train.</summary>
    public void Describe(Recipe recipe, JobReporter reporter)
    {
        if (Processes.IsShared())
        {
            string hosts = string.Join(", ", Processes.Hosts.Distinct());
            reporter.Say($"{Processes.Size} processes of {Plural.Of(recipe.ThreadCount, "thread")} on {hosts}, over {Processes.Engine}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _onDevices?.Dispose();
}
