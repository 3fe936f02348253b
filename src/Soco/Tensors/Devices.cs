using Soco.Recipes;
using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>Where tensors live.</summary>
internal static class Devices
{
    /// <summary>The device of a recipe.</summary>
    /// <param name="asked">What the recipe asks for.</param>
    /// <exception cref="SocoRequestException">CUDA was asked for and there is none.</exception>
    public static Device Resolve(ComputeDevice asked) =>
        asked switch
        {
            ComputeDevice.Cpu => CPU,
            ComputeDevice.Cuda when !cuda.is_available() => throw new SocoRequestException(
                "There is no CUDA device here, or this build carries the CPU libtorch: use --set device=auto, or build with -p:SocoCuda=true."
            ),
            _ => cuda.is_available() ? CUDA : CPU,
        };

    /// <summary>A tensor on a device: a handle of its own to the same memory where it is there already.</summary>
    internal static Tensor On(this Tensor tensor, Device device) =>
        tensor.device_type == device.type && (device.index < 0 || tensor.device_index == device.index) ? tensor.alias() : tensor.to(device);
}
