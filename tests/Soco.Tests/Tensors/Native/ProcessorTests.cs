using Soco.Tensors.Native;

namespace Soco.Tests.Tensors.Native;

public sealed class ProcessorTests
{
    private const uint Amd = 0x68747541;
    private const uint Intel = 0x756e6547;

    [Theory]
    [InlineData(Amd, 0u, 0x440001f1u, true)] // an EPYC in a virtual machine that hides its topology
    [InlineData(Amd, 0u, 0x75c237ffu, false)]
    [InlineData(Amd, 16u, 0x440001f1u, false)]
    [InlineData(Intel, 0u, 0x00000121u, false)]
    public void An_AMD_processor_without_both_leaves_of_topology_hides_who_shares_a_cache(
        uint vendor,
        uint threads,
        uint features,
        bool hides
    ) =>
        Assert.Equal(
            hides,
            Processor.HidesSharing(leaf =>
                leaf switch
                {
                    0 => (vendor, 0),
                    0xB => (threads, 0),
                    0x8000_0001 => (0, features),
                    _ => throw new ArgumentOutOfRangeException(nameof(leaf)),
                }
            )
        );
}
