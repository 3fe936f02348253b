using Soco.Distributed;
using Soco.Vision.Random;

namespace Soco.Detection.Model;

/// <summary>What decides which anchors and regions a loss is taken of, and which processes it is the mean over.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Step">Step of the run.</param>
/// <param name="FirstImage">Place of this process's first image in the batch.</param>
/// <param name="Processes">The processes that share the batch.</param>
internal sealed record LossSampling(long Seed, long Step, int FirstImage, ICollective Processes)
{
    /// <summary>The random numbers of an image: the same whichever process has it.</summary>
    /// <param name="image">Place among this process's images.</param>
    /// <param name="purpose">What is drawn.</param>
    public CounterRandom Of(int image, ulong purpose) => new((ulong)Seed, (ulong)Step, (ulong)(FirstImage + image), purpose);
}
