using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>The type and the memory order in which activations flow.</summary>
internal static class Activations
{
    /// <param name="images">[N, 3, H, W] float32.</param>
    /// <param name="bfloat16">Whether they flow in bfloat16.</param>
    /// <param name="channelsLast">Whether they lie channels-last in memory.</param>
    /// <returns>The same values; the shape stays.</returns>
    public static Tensor Of(Tensor images, bool bfloat16, bool channelsLast)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor typed = images.to_type(bfloat16 ? ScalarType.BFloat16 : ScalarType.Float32);
        Tensor ordered = channelsLast ? typed.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : typed.alias();
        return ordered.MoveToOuterDisposeScope();
    }
}
