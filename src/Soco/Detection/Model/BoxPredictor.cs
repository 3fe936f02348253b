using Soco.Models;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>From a region's features to the logits of its classes, and to box offsets for each class.</summary>
internal sealed class BoxPredictor : nn.Module
{
    private readonly FullyConnected cls_score;
    private readonly FullyConnected bbox_pred;

    /// <param name="inputs">Width of the features.</param>
    /// <param name="scores">Classes, with background.</param>
    /// <param name="boxes">Classes that have boxes.</param>
    public BoxPredictor(int inputs, int scores, int boxes)
        : base(nameof(BoxPredictor))
    {
        cls_score = new FullyConnected(inputs, scores, std: 0.01);
        bbox_pred = new FullyConnected(inputs, 4 * boxes, std: 0.001);
        RegisterComponents();
    }

    /// <param name="features">[R, inputs].</param>
    /// <returns>Logits [R, scores] and offsets [R, 4 * boxes], in float32.</returns>
    public (Tensor Logits, Tensor Offsets) Forward(Tensor features) =>
        (Wide(cls_score.forward(features)), Wide(bbox_pred.forward(features)));

    private static Tensor Wide(Tensor values)
    {
        using (values)
        {
            return values.to_type(ScalarType.Float32).alias();
        }
    }
}
