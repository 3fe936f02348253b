using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>Random initialization that leaves the program's own random numbers as they are.</summary>
internal static class InitialWeights
{
    /// <summary>Builds what is randomly initialized, always the same for a seed.</summary>
    /// <param name="seed">The seed of torch's generator of the CPU while it is built.</param>
    /// <param name="build">Builds it.</param>
    public static T Seeded<T>(long seed, Func<T> build)
    {
        using Tensor state = Generator.Default.get_state();
        try
        {
            manual_seed(seed);
            return build();
        }
        finally
        {
            Generator.Default.set_state(state);
        }
    }
}
