using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>The loss of box offsets: smooth L1 (Girshick, Fast R-CNN, 2015), or plain L1 where beta is 0.</summary>
internal static class BoxLoss
{
    /// <param name="predicted">[P, 4].</param>
    /// <param name="wanted">[P, 4].</param>
    /// <param name="beta">Below this difference the loss is a parabola.</param>
    /// <returns>The sum over all; 0 where there are none.</returns>
    public static Tensor Sum(Tensor predicted, Tensor wanted, float beta)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor loss = beta > 0 ? nn.functional.smooth_l1_loss(predicted, wanted, nn.Reduction.Sum, beta) : (predicted - wanted).abs().sum();
        return loss.MoveToOuterDisposeScope();
    }
}
