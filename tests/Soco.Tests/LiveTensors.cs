using TorchSharp;

namespace Soco.Tests;

/// <summary>Tensors of the whole process, for tests of the collection <see cref="Alone"/>.</summary>
internal static class LiveTensors
{
    /// <summary>How many there are, when those that earlier code left to the finalizers are gone.</summary>
    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }
}
