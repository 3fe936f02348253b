using Soco.Distributed;
using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// Batch normalization over all but the channel dimension (eps 1e-5, momentum 0.1). Parameters and statistics are float32 whatever the
/// input's type.
/// </summary>
internal sealed class BatchNorm : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;

    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Tensor running_mean;
    private readonly Tensor running_var;
    private readonly Tensor num_batches_tracked;

    /// <param name="channels">Channels.</param>
    /// <param name="gamma">What the scale starts at: 1, or 0 for the last norm of a residual block that starts as its shortcut.</param>
    public BatchNorm(long channels, double gamma = 1)
        : base(nameof(BatchNorm))
    {
        weight = new Parameter(ones(channels).Scale(gamma));
        bias = new Parameter(zeros(channels));
        running_mean = zeros(channels);
        running_var = ones(channels);
        num_batches_tracked = zeros([], ScalarType.Int64);
        RegisterComponents();
    }

    /// <summary>The part of a batch in the running statistics; precise statistics are the mean over k batches: 1, 1/2, ... 1/k.</summary>
    public double Momentum { get; set; } = 0.1;

    /// <summary>The processes that a batch is spread over.</summary>
    public ICollective Processes { get; set; } = SingleProcess.Instance;

    /// <summary>Whether statistics, scale and shift stay as they are, in training too.</summary>
    public bool Frozen { get; private set; }

    /// <summary>Fixes statistics, scale and shift.</summary>
    public void Freeze()
    {
        Frozen = true;
        weight.requires_grad = false;
        bias.requires_grad = false;
    }

    /// <param name="input">[N, C] or [N, C, H, W].</param>
    /// <returns>The same shape and type.</returns>
    public override Tensor forward(Tensor input)
    {
        bool learns = training && !Frozen;
        if (learns)
        {
            num_batches_tracked.Increment();
        }

        return learns && Processes.IsShared()
            ? SynchronizedNorm.Apply(input, weight, bias, running_mean, running_var, Momentum, Epsilon, Processes)
            : nn.functional.batch_norm(input, running_mean, running_var, weight, bias, learns, Momentum, Epsilon);
    }

    /// <summary>Lets all norms of a network see the batches of all processes.</summary>
    /// <param name="network">The network.</param>
    /// <param name="processes">The processes.</param>
    public static void Share(nn.Module network, ICollective processes)
    {
        foreach (BatchNorm norm in network.modules().OfType<BatchNorm>())
        {
            norm.Processes = processes;
        }
    }
}
