using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>Where tensors live.</summary>
internal static class Devices
{
    /// <summary>The device of a recipe.</summary>
    /// <exception cref="SocoRequestException">CUDA was asked for and there is none.</exception>
    public static Device Resolve(ComputeDevice asked) => asked switch
    {
        ComputeDevice.Cpu => CPU,
        ComputeDevice.Cuda when !cuda.is_available() => throw new SocoRequestException(
            "There is no CUDA device here, or this build carries the CPU libtorch: use --set device=auto, or build with -p:SocoCuda=true."),
        _ => cuda.is_available() ? CUDA : CPU,
    };
}
