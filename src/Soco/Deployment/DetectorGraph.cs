using System.Globalization;
using Soco.Detection.Model;
using Soco.Recipes;

namespace Soco.Deployment;

/// <summary>
/// Mask R-CNN in inference as operators, on a feature pyramid or on C4, for one image: what <see cref="MaskRcnn.Detect"/> computes, with
/// detectron2's conventions. Norms are folded into convolutions, so results differ by rounding.
/// </summary>
/// <param name="graph">Takes the operators.</param>
/// <param name="layers">The layers of the detector, under torchvision's names.</param>
/// <param name="options">The detector.</param>
internal sealed class DetectorGraph(OnnxGraph graph, OnnxLayers layers, MaskRcnnOptions options)
{
    private const int BoxBins = 7;
    private const int MaskBins = 14;
    private const int FirstStride = 4;
    private const int StrideOnC4 = 16;
    private const float NoScore = -3e38f,
        LeastScore = -1e38f;

    private readonly BackboneGraph _backbone = new(graph, layers, "backbone.body.");

    private bool OnPyramid => options.Variant == DetectorVariant.Fpn;

    /// <summary>
    /// Adds the detector, with its input and its outputs: boxes [D, 4] as x1, y1, x2, y2; labels [D]; scores [D]; masks [D, M, M].
    /// </summary>
    /// <param name="input">What the input is.</param>
    /// <param name="sizes">The sizes that the network sees images at.</param>
    public void Add(OnnxInput input, InputRecipe sizes)
    {
        SeenImage image = new ImageGraph(graph).Add(input, sizes);
        string[] maps = Maps(graph.Narrow(image.Pixels));
        string proposals = Propose(maps, image.Limits);
        (string boxes, string labels, string scores) = Detect(maps, proposals, image.Limits);
        graph.Output(image.Scale is { } scale ? graph.Multiply(boxes, scale) : boxes, "boxes", OnnxType.Float, "detections", 4);
        graph.Output(labels, "labels", OnnxType.Int64, "detections");
        graph.Output(scores, "scores", OnnxType.Float, "detections");
        if (options.WithMasks)
        {
            long side = OnPyramid ? 2 * MaskBins : MaskBins;
            graph.Output(Masks(maps, boxes, labels, side), "masks", OnnxType.Float, "detections", side, side);
        }
    }

    /// <summary>The maps that the RPN reads: P2 to P6, or C4.</summary>
    private string[] Maps(string images)
    {
        if (!OnPyramid)
        {
            return [_backbone.Stages(images, 3)[^1]];
        }

        string[] pyramid = _backbone.Pyramid(
            _backbone.Stages(images),
            level => ($"backbone.fpn.inner_blocks.{level}.0", $"backbone.fpn.inner_blocks.{level}.1"),
            level => ($"backbone.fpn.layer_blocks.{level}.0", $"backbone.fpn.layer_blocks.{level}.1")
        );
        string top = graph.Apply("MaxPool", [pyramid[^1]], ("kernel_shape", new[] { 1L, 1L }), ("strides", new[] { 2L, 2L }));
        return [.. pyramid, top];
    }

    /// <summary>The proposals, [P, 4], best first.</summary>
    private string Propose(string[] maps, string limits)
    {
        RpnOptions rpn = options.Rpn;
        var boxes = new string[maps.Length];
        var scores = new string[maps.Length];
        for (int level = 0; level < maps.Length; level++)
        {
            string x = maps[level];
            for (int i = 0; layers.Has(Invariant($"rpn.head.conv.{i}.0.weight")); i++)
            {
                x = graph.Relu(layers.Convolve(x, Invariant($"rpn.head.conv.{i}.0")));
            }

            string logits = ByAnchor(layers.Convolve(x, "rpn.head.cls_logits"), -1);
            string offsets = ByAnchor(layers.Convolve(x, "rpn.head.bbox_pred"), -1, 4);
            int[] sides = OnPyramid ? [rpn.AnchorSizes[level]] : [.. rpn.AnchorSizes];
            string anchors = Anchors(maps[level], sides, OnPyramid ? FirstStride << level : StrideOnC4);
            (string best, string places) = graph.Top(logits, rpn.TestPreNms);
            string decoded = Decode(graph.Gather(anchors, places), graph.Gather(offsets, places), BoxCoder.Proposals, limits);
            string valid = graph.Apply("Where", [HasArea(decoded), best, graph.Number(NoScore)]);
            string kept = graph.WithoutSide(
                graph.Slice(
                    Suppress(graph.WithSide(decoded, 0), graph.WithSide(valid, 0, 1), rpn.TestPostNms, rpn.NmsThreshold, LeastScore),
                    2,
                    3,
                    1
                ),
                1
            );
            (boxes[level], scores[level]) = (graph.Gather(decoded, kept), graph.Gather(best, kept));
        }

        return graph.Gather(graph.Concatenate(0, boxes), graph.Top(graph.Concatenate(0, scores), rpn.TestPostNms).Places);
    }

    /// <summary>The objects, best first.</summary>
    private (string Boxes, string Labels, string Scores) Detect(string[] maps, string proposals, string limits)
    {
        long classes = options.Classes;
        (string regions, string order) = Pool(maps, proposals, OnPyramid ? BoxBins : MaskBins);
        string boxes = graph.Gather(proposals, order);
        string features = OnPyramid ? BoxHead(regions) : Flat(graph.Apply("GlobalAveragePool", [LastStage(regions)]));
        string all = graph.Apply("Softmax", [graph.Wide(layers.Connect(features, "roi_heads.box_predictor.cls_score"))], ("axis", 1L));
        string offsets = graph.Reshape(graph.Wide(layers.Connect(features, "roi_heads.box_predictor.bbox_pred")), 0, classes, 4);
        string decoded = Decode(graph.WithSide(boxes, 1), offsets, BoxCoder.Detections, limits);
        string scores = graph.Apply("Where", [HasArea(decoded), graph.Slice(all, 0, classes, 1), graph.Number(-1)]);

        // Each class is suppressed on its own: the classes take the place of the images of a batch.
        string boxesByClass = graph.Transpose(decoded, 1, 0, 2),
            scoresByClass = graph.WithSide(graph.Transpose(scores, 1, 0), 1);
        string kept = Suppress(
            boxesByClass,
            scoresByClass,
            options.Roi.DetectionsPerImage,
            options.Roi.NmsThreshold,
            options.Roi.ScoreThreshold
        );
        string labels = graph.WithoutSide(graph.Slice(kept, 0, 1, 1), 1);
        string places = graph.Add(graph.Multiply(labels, graph.Sides(proposals, 0, 1)), graph.WithoutSide(graph.Slice(kept, 2, 3, 1), 1));
        (string best, string chosen) = graph.Top(graph.Gather(graph.Reshape(scoresByClass, -1), places), options.Roi.DetectionsPerImage);
        return (graph.Gather(graph.Reshape(boxesByClass, -1, 4), graph.Gather(places, chosen)), graph.Gather(labels, chosen), best);
    }

    /// <summary>The probabilities of the masks, [D, side, side], in the order of the boxes.</summary>
    private string Masks(string[] maps, string boxes, string labels, long side)
    {
        const string Doubling = "roi_heads.mask_predictor.conv5_mask",
            Logits = "roi_heads.mask_predictor.mask_fcn_logits";
        (string regions, string order) = Pool(maps, boxes, MaskBins);
        string x = OnPyramid ? Convolutions(regions, "roi_heads.mask_head.") : LastStage(regions);
        IReadOnlyList<long> doubling = layers.ShapeOf($"{Doubling}.weight");
        string doubled = graph.Relu(
            graph.Apply(
                "ConvTranspose",
                [x, layers.Parameter($"{Doubling}.weight"), layers.Parameter($"{Doubling}.bias")],
                ("kernel_shape", new[] { 2L, 2L }),
                ("strides", new[] { 2L, 2L })
            )
        );

        // Only the mask of a region's own class is computed.
        string classes = graph.Gather(labels, order);
        string rows = graph.WithSide(graph.Gather(layers.Parameter($"{Logits}.weight", options.Classes, doubling[1]), classes), 1);
        string shifts = graph.WithSide(graph.Gather(layers.Parameter($"{Logits}.bias"), classes), 1, 2);
        string logits = graph.Add(graph.Apply("MatMul", [rows, graph.Reshape(doubled, 0, doubling[1], side * side)]), shifts);
        string masks = graph.Reshape(graph.Apply("Sigmoid", [graph.Wide(logits)]), 0, side, side);

        // Regions lie by level; back to the order of the boxes.
        string count = graph.WithoutSide(graph.Sides(order, 0, 1), 0);
        string range = graph.Apply("Range", [graph.Integer(0), count, graph.Integer(1)]);
        string back = graph.Apply("ScatterElements", [graph.Subtract(order, order), order, range], ("axis", 0L));
        return graph.Gather(masks, back);
    }

    /// <summary>
    /// The regions of boxes, [R, C, bins, bins], level by level, and the places of their boxes. On a pyramid a region of the canonical side
    /// lies on P4, and each doubling of its side is one level up, as <see cref="RegionSet"/> has it.
    /// </summary>
    private (string Regions, string Order) Pool(string[] maps, string boxes, int bins)
    {
        string count = graph.WithoutSide(graph.Sides(boxes, 0, 1), 0);
        string all = graph.Apply("Range", [graph.Integer(0), count, graph.Integer(1)]);
        if (!OnPyramid)
        {
            return (graph.Narrow(Align(maps[0], boxes, all, bins, StrideOnC4)), all);
        }

        const int Levels = 4;
        string size = graph.Subtract(graph.Slice(boxes, 2, 4, 1), graph.Slice(boxes, 0, 2, 1));
        string area = graph.WithoutSide(graph.Multiply(graph.Slice(size, 0, 1, 1), graph.Slice(size, 1, 2, 1)), 1);
        string doublings = graph.Multiply(
            graph.Apply("Log", [graph.Divide(graph.Apply("Sqrt", [area]), graph.Number(options.Roi.CanonicalSide))]),
            graph.Number((float)(1 / Math.Log(2)))
        );
        string level = graph.Apply("Floor", [graph.Add(graph.Add(graph.Number(4), doublings), graph.Number(1e-6f))]);
        string clipped = graph.Apply("Clip", [graph.Subtract(level, graph.Number(2)), graph.Number(0), graph.Number(Levels - 1)]);
        var places = new string[Levels];
        var regions = new string[Levels];
        for (int i = 0; i < Levels; i++)
        {
            places[i] = graph.Places(graph.Apply("Equal", [clipped, graph.Number(i)]));
            regions[i] = Align(maps[i], graph.Gather(boxes, places[i]), places[i], bins, FirstStride << i);
        }

        return (graph.Narrow(graph.Concatenate(0, regions)), graph.Concatenate(0, places));
    }

    /// <summary>RoIAlign of boxes on one map; it is float32 in either precision, as not all engines have another.</summary>
    private string Align(string map, string boxes, string places, int bins, int stride) =>
        graph.Apply(
            "RoiAlign",
            [graph.Wide(map), boxes, graph.Subtract(places, places)],
            ("output_height", (long)bins),
            ("output_width", (long)bins),
            ("sampling_ratio", 0L),
            ("spatial_scale", 1f / stride),
            ("mode", "avg"),
            ("coordinate_transformation_mode", "half_pixel")
        );

    private string BoxHead(string regions) =>
        graph.Relu(layers.Connect(Flat(Convolutions(regions, "roi_heads.box_head.")), "roi_heads.box_head.5"));

    private string Convolutions(string x, string name)
    {
        for (int i = 0; layers.Has(Invariant($"{name}{i}.0.weight")); i++)
        {
            x = graph.Relu(layers.Convolve(x, Invariant($"{name}{i}.0"), Invariant($"{name}{i}.1")));
        }

        return x;
    }

    /// <summary>The box head of C4: the backbone's last stage and a norm.</summary>
    private string LastStage(string regions) => layers.Normalize(_backbone.Stage(regions, 4), "roi_heads.box_head.norm");

    private string Flat(string value) => graph.Apply("Flatten", [value], ("axis", 1L));

    /// <summary>[1, anchors * numbers, H, W] as [H * W * anchors, numbers].</summary>
    private string ByAnchor(string map, params long[] shape) => graph.Reshape(graph.Transpose(graph.Wide(map), 0, 2, 3, 1), shape);

    /// <summary>The anchors of a level, [H * W * anchors, 4].</summary>
    private string Anchors(string map, int[] sides, int stride)
    {
        float[] shapes =
        [
            .. sides.SelectMany(side =>
                options.Rpn.AspectRatios.SelectMany(ratio =>
                {
                    float high = MathF.Sqrt((float)ratio),
                        wide = 1 / high;
                    float halfWidth = wide * side / 2,
                        halfHeight = high * side / 2;
                    return new[] { -halfWidth, -halfHeight, halfWidth, halfHeight };
                })
            ),
        ];
        string rows = Steps(2, graph.Numbers([0, stride, 0, stride], 1, 1, 1, 4), 1, 2, 3);
        string columns = Steps(3, graph.Numbers([stride, 0, stride, 0], 1, 1, 1, 4), 0, 2, 3);
        return graph.Reshape(graph.Add(graph.Add(rows, columns), graph.Numbers(shapes, 1, 1, shapes.Length / 4, 4)), -1, 4);

        string Steps(int side, string step, params long[] around)
        {
            string count = graph.WithoutSide(graph.Sides(map, side, side + 1), 0);
            string numbers = graph.Cast(graph.Apply("Range", [graph.Integer(0), count, graph.Integer(1)]), OnnxType.Float);
            return graph.Multiply(graph.WithSide(numbers, around), step);
        }
    }

    /// <summary>
    /// Boxes at offsets from reference boxes, inside the image; the operations of <see cref="BoxCoder.Decode"/> in their order.
    /// </summary>
    private string Decode(string references, string offsets, BoxCoder coder, string limits)
    {
        string lower = graph.Slice(references, 0, 2, -1),
            size = graph.Subtract(graph.Slice(references, 2, 4, -1), lower);
        string center = graph.Add(lower, graph.Multiply(graph.Number(0.5f), size));
        string shift = graph.Multiply(graph.Divide(graph.Slice(offsets, 0, 2, -1), graph.Number(coder.ShiftWeight)), size);
        string growth = graph.Smaller(
            graph.Divide(graph.Slice(offsets, 2, 4, -1), graph.Number(coder.ScaleWeight)),
            graph.Number(BoxCoder.LargestLogScale)
        );
        string moved = graph.Add(shift, center),
            half = graph.Multiply(graph.Number(0.5f), graph.Multiply(graph.Apply("Exp", [growth]), size));
        return graph.Concatenate(-1, Inside(graph.Subtract(moved, half)), Inside(graph.Add(moved, half)));

        string Inside(string corners) => graph.Smaller(graph.Larger(corners, graph.Number(0)), limits);
    }

    /// <summary>Which boxes have area.</summary>
    private string HasArea(string boxes)
    {
        string size = graph.Subtract(graph.Slice(boxes, 2, 4, -1), graph.Slice(boxes, 0, 2, -1));
        string positive = graph.Apply("Greater", [size, graph.Number(0)]);
        return graph.WithoutSide(graph.Apply("And", [graph.Slice(positive, 0, 1, -1), graph.Slice(positive, 1, 2, -1)]), -1);
    }

    /// <summary>Greedy suppression: [K, 3] of group, 0 and place.</summary>
    /// <param name="boxes">[groups, n, 4].</param>
    /// <param name="scores">[groups, 1, n].</param>
    /// <param name="most">Kept of a group.</param>
    /// <param name="overlap">IoU above which the lesser goes.</param>
    /// <param name="score">Boxes up to this score are left out.</param>
    private string Suppress(string boxes, string scores, long most, float overlap, float score) =>
        graph.Apply("NonMaxSuppression", [boxes, scores, graph.Integer(most), graph.Number(overlap), graph.Number(score)]);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
