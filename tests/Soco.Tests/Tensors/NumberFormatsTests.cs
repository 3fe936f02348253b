using Soco.Recipes;
using Soco.Tensors;

namespace Soco.Tests.Tensors;

public sealed class NumberFormatsTests
{
    [Theory]
    [InlineData(NumberFormat.Fp32)]
    [InlineData(NumberFormat.Bf16)]
    public void What_is_asked_for_stays(NumberFormat format) => Assert.Equal(format, NumberFormats.Resolve(format, ComputeDevice.Cpu));

    [Fact]
    public void What_is_left_open_is_bfloat16_where_the_system_lists_units_for_it()
    {
        if (!File.Exists("/proc/cpuinfo"))
        {
            return;
        }

        string facts = File.ReadAllText("/proc/cpuinfo");
        bool listed = facts.Contains("avx512_bf16", StringComparison.Ordinal) || facts.Contains("amx_bf16", StringComparison.Ordinal);
        Assert.Equal(listed ? NumberFormat.Bf16 : NumberFormat.Fp32, NumberFormats.Resolve(NumberFormat.Auto, ComputeDevice.Cpu));
    }
}
