using Soco.Models;
using Soco.Pretraining.Model;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Sources;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Examples;

/// <summary>
/// SoCo's parts (ResNet, FPN, RoIAlign, loss) in a training loop of one's own, with an optimizer of TorchSharp: the features of a box must
/// predict those of the same box in the mirrored image.
/// </summary>
internal static class OwnLoopExample
{
    private const int Side = 128,
        Channels = 32,
        Bins = 7,
        Boxes = 4;

    public static void Run(string folder, int steps)
    {
        using ImageSource images = ImageSource.Open(folder);
        RgbImage image = Resampling.ResizeBilinear(ImageDecoder.Decode(images.ReadBytes(0), images.NameOf(0)), Side, Side);
        BoxXywh[] boxes =
        [
            .. new SelectiveSearch().Propose(image).Boxes.OrderByDescending(box => box.Width * box.Height).Skip(1).Take(Boxes),
        ];
        using Tensor view = torch
            .tensor(image.Pixels, [1, Side, Side, 3])
            .permute(0, 3, 1, 2)
            .to_type(ScalarType.Float32)
            .div(255f)
            .contiguous();
        using Tensor mirrored = view.flip(3);
        using Tensor here = Regions(boxes),
            there = Regions([.. boxes.Select(box => box with { X = Side - box.X - box.Width })]);
        using Tensor matches = eye(boxes.Length).unsqueeze(0);

        using var backbone = new ResNet("resnet18", width: 0.5, zeroInitResidual: false);
        using var pyramid = new Fpn(backbone.Channels, Channels);
        using var predictor = nn.Linear(Channels * Bins * Bins, Channels * Bins * Bins);
        using var optimizer = optim.SGD(
            backbone.parameters().Concat(pyramid.parameters()).Concat(predictor.parameters()),
            learningRate: 0.01,
            momentum: 0.9
        );
        for (int step = 0; step < steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor predictions = Unit(predictor.forward(Features(view, here)));
            Tensor targets;
            using (no_grad())
            {
                targets = Unit(Features(mirrored, there));
            }

            Tensor loss = SocoLoss.OneWay(predictions.unsqueeze(0), targets.unsqueeze(0), matches);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            Console.WriteLine($"step {step + 1}  loss {loss.item<float>():0.000}");
        }

        Tensor Features(Tensor batch, Tensor regions) =>
            RoiAlign.Apply(pyramid.Forward(backbone.Stages(batch))[0], regions, new RoiAlignOptions(Bins, SpatialScale: 1f / 4)).flatten(1);
    }

    private static Tensor Unit(Tensor vectors) => nn.functional.normalize(vectors, dim: 1);

    private static Tensor Regions(BoxXywh[] boxes) =>
        torch.tensor(
            boxes.SelectMany(box => new float[] { 0, box.X, box.Y, box.X + box.Width, box.Y + box.Height }).ToArray(),
            [boxes.Length, 5]
        );
}
