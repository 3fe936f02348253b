using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>Direct access to the memory of float32 tensors on the CPU, for kernels in C#.</summary>
internal static unsafe class NativeMemory
{
    /// <summary>The first element of a tensor that is contiguous in its own order; null where it has none. The tensor must outlive the pointer.</summary>
    public static float* Of(Tensor tensor)
    {
        if (tensor.numel() == 0)
        {
            return null;
        }

        // A span cannot reach past 2 GiB, the memory behind it can.
        using Tensor flat = tensor.reshape(-1);
        using Tensor first = flat.narrow(0, 0, 1);
        fixed (byte* pointer = first.bytes)
        {
            return (float*)pointer;
        }
    }
}
