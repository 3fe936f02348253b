using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>Direct access to the memory of tensors on the CPU, for kernels in C#.</summary>
internal static unsafe partial class NativeMemory
{
    /// <summary>The first element of a float32 tensor; see <see cref="BytesOf"/>.</summary>
    public static float* Of(Tensor tensor) => (float*)BytesOf(tensor);

    /// <summary>
    /// The first byte of a tensor that is contiguous in its own order; null where it has none. The tensor must outlive the pointer.
    /// </summary>
    public static byte* BytesOf(Tensor tensor)
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
            return pointer;
        }
    }

    /// <summary>The values of a tensor of any floating type on any device, in the order of its shape.</summary>
    public static float[] Copy(Tensor tensor)
    {
        using Tensor detached = tensor.detach();
        using Tensor host = detached.cpu();
        using Tensor wide = host.to_type(ScalarType.Float32);
        using Tensor dense = wide.contiguous();
        float[] values = new ReadOnlySpan<float>(Of(dense), checked((int)dense.numel())).ToArray();
        GC.KeepAlive(dense);
        return values;
    }

    /// <summary>
    /// The first byte of a contiguous tensor on another device, in that device's memory. The tensor must outlive the address.
    /// </summary>
    public static nint DeviceAddressOf(Tensor tensor) => DataOf(tensor.Handle);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint DataOf(nint tensor);
}
