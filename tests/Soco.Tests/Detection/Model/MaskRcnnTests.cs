using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Inference;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Tests.Detection.Model;

[Collection(Alone.Name)]
public sealed class MaskRcnnTests : IDisposable
{
    private static readonly MaskRcnnOptions Small = new()
    {
        Arch = "resnet18",
        Classes = 3,
        FpnChannels = 16,
        HeadChannels = 16,
        HeadFc = 32,
        Rpn = new RpnOptions
        {
            TrainPreNms = 100,
            TestPreNms = 100,
            TrainPostNms = 50,
            TestPostNms = 50,
            SamplesPerImage = 64,
        },
        Roi = new RoiOptions
        {
            SamplesPerImage = 32,
            ScoreThreshold = 0,
            DetectionsPerImage = 20,
        },
    };

    /// <summary>On C4 every region runs through the backbone's last stage: few are enough.</summary>
    private static readonly MaskRcnnOptions SmallC4 = Small with
    {
        Variant = DetectorVariant.C4,
        Rpn = Small.Rpn with { TrainPostNms = 10, TestPostNms = 10 },
        Roi = Small.Roi with { SamplesPerImage = 6, DetectionsPerImage = 5 },
    };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    public static TheoryData<string, MaskRcnnOptions> Variants() =>
        new()
        {
            { "FPN", Small },
            { "FPN, torchvision's convention", Small with { Convention = DetectionConvention.Torchvision, RpnConvolutions = 2 } },
            { "FPN, boxes only", Small with { WithMasks = false } },
            { "FPN, bottlenecks", Small with { Arch = "resnet50" } },
            { "FPN in bfloat16", Small with { Bfloat16 = true } },
            { "C4", SmallC4 },
            { "C4, boxes only", SmallC4 with { WithMasks = false } },
            { "C4 in bfloat16", SmallC4 with { Bfloat16 = true } },
        };

    [Fact]
    public void Of_anchors_with_equal_logits_the_first_is_proposed_first()
    {
        // A flat part of an image gives its anchors equal logits.
        using var rpn = new RegionProposalNetwork(16, Small);
        rpn.eval();
        var image = new ImageSize(256, 256);
        (RpnOutput output, AnchorGrid anchors) = rpn.Forward(
            [.. new[] { 64, 32, 16, 8, 4 }.Select(side => zeros(1, 16, side, side))],
            image
        );
        Corners[] proposals = rpn.Propose(
            output with
            {
                Logits = zeros_like(output.Logits),
                Offsets = zeros_like(output.Offsets),
            },
            anchors,
            [image]
        )[0];

        List<Corners> clipped = [.. Enumerable.Range(0, anchors.Count).Select(i => anchors.Boxes[i].ClippedTo(image))];
        int[] places = Array.ConvertAll(proposals, box => clipped.FindIndex(anchor => Apart(anchor, box) < 1e-3));
        Assert.Equal(Small.Rpn.TestPostNms, places.Length);
        Assert.Equal(places.Order(), places);
        Assert.Equal(0, places[0]);

        static float Apart(Corners a, Corners b) => new[] { a.X1 - b.X1, a.Y1 - b.Y1, a.X2 - b.X2, a.Y2 - b.Y2 }.Max(MathF.Abs);
    }

    [Theory]
    [MemberData(nameof(Variants), DisableDiscoveryEnumeration = true)]
    public void Every_variant_learns_and_detects(string name, MaskRcnnOptions options)
    {
        MaskRcnn model = Model(options);
        DetectionBatch batch = Batch();
        using DetectionLosses losses = model.Losses(batch, seed: 1, step: 0);
        losses.Total.backward();

        Assert.Equal(options.WithMasks, losses.Mask is not null);
        Assert.All(losses.Parts(), part => Assert.True(part.Loss.item<float>() > 0, $"{name}: {part.Name} is {part.Loss.item<float>()}"));
        Assert.Equal(losses.Parts().Sum(part => part.Loss.item<float>()), losses.Total.item<float>(), 1e-4);
        Assert.All(
            model.TrainableParameters(),
            p => Assert.True(p.Parameter.grad is { } gradient && gradient.isfinite().all().item<bool>(), $"{name}: {p.Name}")
        );

        model.eval();
        IReadOnlyList<Detections> found = model.Detect(batch);
        Assert.Equal(batch.Sizes.Count, found.Count);
        for (int image = 0; image < found.Count; image++)
        {
            Detections d = found[image];
            Assert.InRange(d.Count, 1, 20);
            Assert.Equal(d.Scores.OrderDescending(), d.Scores);
            Assert.All(d.Labels, label => Assert.InRange(label, 0, 2));
            Assert.All(
                d.Boxes,
                b =>
                    Assert.True(
                        b.X1 >= 0
                            && b.Y1 >= 0
                            && b.X1 < b.X2
                            && b.Y1 < b.Y2
                            && b.X2 <= batch.Sizes[image].Width
                            && b.Y2 <= batch.Sizes[image].Height
                    )
            );
            Assert.Equal(options.WithMasks ? d.Count : null, d.Masks?.Length);
            int side = options.Variant == DetectorVariant.C4 ? 14 : 28;
            Assert.All(d.Masks ?? [], mask => Assert.True(mask.Length == side * side && mask.All(p => p is >= 0 and <= 1)));
        }
    }

    [Theory]
    [InlineData(DetectorVariant.Fpn)]
    [InlineData(DetectorVariant.C4)]
    public void It_learns_one_image_by_heart(DetectorVariant variant)
    {
        MaskRcnn model = Model(Of(variant));
        DetectionBatch batch = Batch(images: 1);
        using var optimizer = optim.Adam(model.TrainableParameters().Select(p => p.Parameter), 4e-3);
        double[] totals =
        [
            .. Enumerable
                .Range(0, 12)
                .Select(_ =>
                {
                    using DetectionLosses losses = model.Losses(batch, seed: 1, step: 0);
                    optimizer.zero_grad();
                    losses.Total.backward();
                    optimizer.step();
                    CastWeights.Changed(model);
                    return (double)losses.Total.item<float>();
                }),
        ];

        Assert.True(totals[^3..].Average() < 0.85 * totals[..3].Average(), string.Join(' ', totals));
    }

    [Theory]
    [InlineData(DetectorVariant.Fpn)]
    [InlineData(DetectorVariant.C4)]
    public void Images_without_objects_teach_background(DetectorVariant variant)
    {
        MaskRcnn model = Model(Of(variant));
        DetectionBatch batch = WithoutObjects(Batch());
        using DetectionLosses losses = model.Losses(batch, seed: 1, step: 0);
        losses.Total.backward();

        Assert.True(losses.RpnObjectness.item<float>() > 0 && losses.Classifier.item<float>() > 0);
        Assert.Equal((0f, 0f, 0f), (losses.RpnBox.item<float>(), losses.Box.item<float>(), losses.Mask!.item<float>()));
        Assert.All(
            model.TrainableParameters(),
            p => Assert.True(p.Parameter.grad is null || p.Parameter.grad.isfinite().all().item<bool>(), p.Name)
        );
    }

    [Theory]
    [InlineData(DetectorVariant.Fpn)]
    [InlineData(DetectorVariant.C4)]
    public void An_object_without_a_mask_takes_part_in_the_box_losses_alone(DetectorVariant variant)
    {
        MaskRcnn model = Model(Of(variant));
        model.eval();
        (float all, float allBoxes) = Losses([], fill: 0);
        (float one, float oneBoxes) = Losses([1], fill: 0);
        (float same, _) = Losses([1], fill: 1);
        (float none, float noneBoxes) = Losses([0, 1], fill: 0);

        Assert.Equal((allBoxes, allBoxes), (oneBoxes, noneBoxes));
        Assert.Equal(one, same);
        Assert.True(variant == DetectorVariant.C4 || all != one, "The mask of the second object makes no difference.");
        Assert.True(one > 0);
        Assert.Equal(0, none);

        (float Mask, float Boxes) Losses(int[] without, byte fill)
        {
            DetectionBatch batch = Batch(images: 1);
            foreach (int item in without)
            {
                batch.Targets[0].Masks![item].fill_(fill);
            }

            using DetectionLosses losses = model.Losses(
                batch with
                {
                    Targets = [batch.Targets[0] with { WithoutMask = without }],
                },
                seed: 1,
                step: 0
            );
            return (losses.Mask!.item<float>(), losses.Box.item<float>());
        }
    }

    [Fact]
    public void Where_nothing_is_proposed_the_rpn_learns_alone_and_nothing_is_found()
    {
        MaskRcnn model = Model(Small with { Convention = new DetectionConvention { SmallestProposal = 1e6f } });
        DetectionBatch batch = WithoutObjects(Batch());
        using DetectionLosses losses = model.Losses(batch, seed: 1, step: 0);
        losses.Total.backward();

        Assert.Equal((0f, 0f, 0f), (losses.Classifier.item<float>(), losses.Box.item<float>(), losses.Mask!.item<float>()));
        Assert.True(losses.Total.item<float>() > 0);
        model.eval();
        Assert.All(model.Detect(batch), found => Assert.Equal((0, 0), (found.Count, found.Masks!.Length)));
    }

    [Fact]
    public void Losses_depend_on_seed_and_step_alone()
    {
        MaskRcnn model = Model(Small);
        model.eval();
        float Loss(long seed, long step)
        {
            using DetectionLosses losses = model.Losses(Batch(), seed, step);
            return losses.Total.item<float>();
        }

        Assert.Equal(Loss(1, 5), Loss(1, 5));
        Assert.NotEqual(Loss(1, 5), Loss(1, 6));
        Assert.NotEqual(Loss(1, 5), Loss(2, 5));
    }

    [Fact]
    public void Images_of_a_batch_are_seen_each_for_itself()
    {
        MaskRcnn model = Model(Small);
        model.eval();
        DetectionBatch batch = Batch();
        IReadOnlyList<Detections> together = model.Detect(batch);
        for (int image = 0; image < 2; image++)
        {
            Detections alone = model.Detect(new DetectionBatch(batch.Images.narrow(0, image, 1), [batch.Sizes[image]], []))[0];

            Assert.Equal(alone.Labels, together[image].Labels);
            Assert.Equal(alone.Scores, together[image].Scores, (a, b) => Math.Abs(a - b) < 1e-4);
            Assert.Equal(
                alone.Boxes,
                together[image].Boxes,
                (a, b) => Math.Abs(a.X1 - b.X1) + Math.Abs(a.Y1 - b.Y1) + Math.Abs(a.X2 - b.X2) + Math.Abs(a.Y2 - b.Y2) < 0.05
            );
            Assert.Equal(alone.Masks!.SelectMany(m => m), together[image].Masks!.SelectMany(m => m), (a, b) => Math.Abs(a - b) < 1e-3);
        }
    }

    [Fact]
    public void Bfloat16_is_near_float32()
    {
        // Every anchor is a sample, a proposal and a region: rounding does not decide what the losses are taken over.
        MaskRcnnOptions all = Small with
        {
            Rpn = new RpnOptions
            {
                TrainPreNms = 10000,
                TrainPostNms = 10000,
                NmsThreshold = 1,
                SamplesPerImage = 10000,
            },
            Roi = new RoiOptions { SamplesPerImage = 10000 },
        };
        double[] Losses(MaskRcnnOptions options)
        {
            // At the start the last layers say nearly nothing: louder ones tell more of what comes before them.
            MaskRcnn model = Model(options);
            using (no_grad())
            {
                foreach (
                    (_, Parameter weight) in model
                        .TrainableParameters()
                        .Where(p =>
                            p.Name.StartsWith("rpn", StringComparison.Ordinal) || p.Name.Contains("predictor", StringComparison.Ordinal)
                        )
                )
                {
                    weight.Scale(10);
                }
            }

            model.eval();
            using DetectionLosses losses = model.Losses(Batch(), 1, 0);
            return [.. losses.Parts().Select(p => (double)p.Loss.item<float>())];
        }

        // Which regions show an object hangs on an overlap of one half: rounding moves a few across it, and the box loss with them.
        double[] wide = Losses(all),
            narrow = Losses(all with { Bfloat16 = true });
        Assert.All(
            wide.Zip(narrow).Select((loss, part) => (loss, Tolerance: part == 3 ? 0.1 : 0.02)),
            part => Assert.Equal(part.loss.First, part.loss.Second, part.Tolerance * part.loss.First)
        );
    }

    [Fact]
    public void Frozen_stages_and_norms_do_not_change()
    {
        MaskRcnn model = Model(Small with { FrozenStages = 2, BackboneNorm = BackboneNorm.Frozen });
        Dictionary<string, Tensor> before = model.state_dict().ToDictionary(e => e.Key, e => e.Value.clone());
        using var optimizer = optim.SGD(model.TrainableParameters().Select(p => p.Parameter), 0.01, weight_decay: 0.1);
        using DetectionLosses losses = model.Losses(Batch(), 1, 0);
        losses.Total.backward();
        optimizer.step();

        string[] changed = [.. model.state_dict().Where(e => !e.Value.equal(before[e.Key]).all().item<bool>()).Select(e => e.Key)];
        Assert.DoesNotContain(
            changed,
            name =>
                name.StartsWith("backbone.body.conv1", StringComparison.Ordinal)
                || name.StartsWith("backbone.body.layer1", StringComparison.Ordinal)
                || (
                    name.StartsWith("backbone.body", StringComparison.Ordinal)
                    && (name.Contains("bn", StringComparison.Ordinal) || name.Contains("downsample.1", StringComparison.Ordinal))
                )
        );
        Assert.Contains("backbone.body.layer2.0.conv1.weight", changed);
        Assert.Contains("backbone.fpn.inner_blocks.0.1.running_mean", changed);
        Assert.Contains("roi_heads.box_head.0.1.weight", changed);
    }

    [Fact]
    public void Live_tensors_stay_level_over_steps()
    {
        MaskRcnn model = Model(Small with { Bfloat16 = true });
        using var optimizer = optim.SGD(model.TrainableParameters().Select(p => p.Parameter), 1e-3);
        var counts = new List<long>();
        using DetectionBatch batch = Batch();
        for (int step = 0; step < 5; step++)
        {
            using (NewDisposeScope())
            {
                DetectionLosses losses = model.Losses(batch, seed: 1, step);
                optimizer.zero_grad();
                losses.Total.backward();
                optimizer.step();
            }

            CastWeights.Changed(model);
            model.eval();
            model.Detect(batch);
            model.train();
            counts.Add(LiveTensors.Count());
        }

        Assert.Equal(counts[2], counts[^1]);
    }

    [Fact]
    public void Targets_that_do_not_fit_are_refused()
    {
        MaskRcnn model = Model(Small);
        DetectionBatch batch = Batch();
        DetectionTarget wrong = batch.Targets[0] with { Labels = tensor(new long[] { 0, 3 }) };

        Assert.Contains(
            "Label 3",
            Assert.Throws<ArgumentException>(() => model.Losses(batch with { Targets = [wrong, batch.Targets[1]] }, 1, 0)).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentException>(() => model.Losses(batch with { Targets = [] }, 1, 0));
        DetectionTarget maskless = batch.Targets[0] with { Masks = null };
        Assert.Throws<ArgumentException>(() => model.Losses(batch with { Targets = [maskless, maskless] }, 1, 0));
    }

    private static MaskRcnnOptions Of(DetectorVariant variant) => variant == DetectorVariant.C4 ? SmallC4 : Small;

    private static MaskRcnn Model(MaskRcnnOptions options)
    {
        manual_seed(3);
        var model = new MaskRcnn(options);
        model.train();
        return model;
    }

    /// <summary>Bright boxes on a dark, noisy ground: images of 64 x 96 and 48 x 64 pixels.</summary>
    private static DetectionBatch Batch(int images = 2)
    {
        manual_seed(4);
        ImageSize[] sizes = [.. new ImageSize[] { new(64, 96), new(48, 64) }.Take(images)];
        Tensor pixels = zeros(images, 3, 64, 96);
        DetectionTarget[] targets = new DetectionTarget[images];
        for (int i = 0; i < images; i++)
        {
            ImageSize size = sizes[i];
            Tensor image = pixels[i].narrow(1, 0, size.Height).narrow(2, 0, size.Width);
            image.copy_(0.1 * randn_like(image) - 1);
            float[] boxes = [4, 6, 36, 40, 30, 10, 60, 44];
            var masks = zeros([2, size.Height, size.Width], ScalarType.Byte);
            for (int b = 0; b < 2; b++)
            {
                (int left, int top, int right, int bottom) = (
                    (int)boxes[4 * b],
                    (int)boxes[4 * b + 1],
                    (int)boxes[4 * b + 2],
                    (int)boxes[4 * b + 3]
                );
                image[b].narrow(0, top, bottom - top).narrow(1, left, right - left).add_(2);
                masks[b].narrow(0, top, bottom - top).narrow(1, left, right - left).fill_(1);
            }

            targets[i] = new DetectionTarget(tensor(boxes, [2, 4]), tensor(new long[] { 0, 2 }), masks);
        }

        return new DetectionBatch(pixels, sizes, targets);
    }

    private static DetectionBatch WithoutObjects(DetectionBatch batch) =>
        batch with
        {
            Targets =
            [
                .. batch.Sizes.Select(size => new DetectionTarget(
                    zeros(0, 4),
                    zeros([0], ScalarType.Int64),
                    zeros([0, size.Height, size.Width], ScalarType.Byte)
                )),
            ],
        };
}
