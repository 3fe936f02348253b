using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>
/// Precise batch norm (Wu and Johnson, <i>Rethinking "Batch" in BatchNorm</i>, 2021, section 3): the statistics of the norms are measured
/// with the weights as they are, as means over many batches, instead of running averages over weights that changed meanwhile.
/// </summary>
internal static class PreciseNorms
{
    /// <summary>Measures; the network is in training mode then. Its statistics are overwritten.</summary>
    /// <param name="detector">The network.</param>
    /// <param name="batches">What is measured over, each batch disposed by this.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run.</param>
    /// <param name="interrupted">Asked before each batch whether to end early.</param>
    /// <returns>Whether it came to the end.</returns>
    public static bool Measure(MaskRcnn detector, IEnumerable<DetectionBatch> batches, long seed, long step, Func<bool> interrupted) =>
        Measure([detector], batches, batch => detector.Losses(batch, seed, step).Dispose(), interrupted);

    /// <summary>Measures the norms of any network; its parts are in training mode then, and the statistics overwritten.</summary>
    /// <param name="parts">The parts of the network.</param>
    /// <param name="batches">What is measured over, each batch disposed by this.</param>
    /// <param name="forward">Sends a batch through the network.</param>
    /// <param name="interrupted">Asked before each batch whether to end early.</param>
    /// <returns>Whether it came to the end.</returns>
    public static bool Measure<T>(IReadOnlyList<nn.Module> parts, IEnumerable<T> batches, Action<T> forward, Func<bool> interrupted)
        where T : IDisposable
    {
        BatchNorm[] norms = [.. parts.SelectMany(part => part.modules()).OfType<BatchNorm>()];
        double[] momenta = Array.ConvertAll(norms, norm => norm.Momentum);
        foreach (nn.Module part in parts)
        {
            part.train();
        }

        try
        {
            using IDisposable guard = no_grad();
            int done = 0;
            foreach (T batch in batches)
            {
                using DisposeScope scope = NewDisposeScope();
                using (batch)
                {
                    if (interrupted())
                    {
                        return false;
                    }

                    done++;
                    Array.ForEach(norms, norm => norm.Momentum = 1.0 / done);
                    forward(batch);
                }
            }

            return true;
        }
        finally
        {
            for (int i = 0; i < norms.Length; i++)
            {
                norms[i].Momentum = momenta[i];
            }
        }
    }
}
