using System.Runtime.Intrinsics.X86;

namespace Soco.Tensors.Native;

/// <summary>What the processor tells about itself, as far as libtorch's kernels depend on it.</summary>
internal static class Processor
{
    private const uint ExtendedTopologyBit = 1u << 22;

    // "Auth" and "Hygo" of the vendors' names: the processors whose caches oneDNN reads from the leaves below.
    private static readonly uint[] _vendors = [0x68747541, 0x6f677948];

    /// <summary>
    /// Whether this is an AMD processor that hides how many threads share a cache, as old ones and some virtual machines do. oneDNN 3.7,
    /// asked for a convolution by a 1 × 1 kernel of several hundred channels, then divides by zero and the process ends without a word
    /// (github.com/uxlfoundation/oneDNN/issues/2716).
    /// </summary>
    public static bool HidesCacheSharing { get; } =
        X86Base.IsSupported
        && HidesSharing(leaf =>
        {
            (int _, int ebx, int ecx, int _) = X86Base.CpuId(unchecked((int)leaf), 0);
            return ((uint)ebx, (uint)ecx);
        });

    /// <param name="read">EBX and ECX of a CPUID leaf, subleaf 0.</param>
    internal static bool HidesSharing(Func<uint, (uint Ebx, uint Ecx)> read) =>
        _vendors.Contains(read(0).Ebx) && (read(0x8000_0001).Ecx & ExtendedTopologyBit) == 0 && (read(0xB).Ebx & 0xFFFF) == 0;
}
