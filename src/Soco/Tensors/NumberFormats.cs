using System.Runtime.Intrinsics.X86;
using Soco.Recipes;
using TorchSharp;

namespace Soco.Tensors;

/// <summary>Which number format a machine is fast in.</summary>
internal static class NumberFormats
{
    /// <summary>
    /// What <c>auto</c> is on a device: bfloat16 on a GPU and on processors with units for its products, float32 elsewhere.
    /// </summary>
    /// <param name="format">What was asked for; all but <see cref="NumberFormat.Auto"/> stays.</param>
    /// <param name="device">Where the tensors live.</param>
    public static NumberFormat Resolve(NumberFormat format, ComputeDevice device) =>
        format != NumberFormat.Auto ? format
        : HasBfloat16Units(device) ? NumberFormat.Bf16
        : NumberFormat.Fp32;

    /// <summary>
    /// Whether products in bfloat16 are faster than those in float32 there. Without such units libtorch takes up to 245 times as long.
    /// </summary>
    /// <param name="device">Where the tensors live.</param>
    public static bool HasBfloat16Units(ComputeDevice device) =>
        (device != ComputeDevice.Cpu && Devices.Resolve(device).type == DeviceType.CUDA) || ProcessorHasBfloat16;

    private static bool ProcessorHasBfloat16 { get; } =
        X86Base.IsSupported
        && X86Base.CpuId(0, 0).Eax >= 7
        && (IsSet(X86Base.CpuId(7, 1).Eax, bit: 5) || IsSet(X86Base.CpuId(7, 0).Edx, bit: 22));

    // AVX512_BF16 and AMX-BF16 of CPUID's leaf 7.
    private static bool IsSet(int register, int bit) => ((register >> bit) & 1) == 1;
}
