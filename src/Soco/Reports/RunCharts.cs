using Soco.Recipes;
using Soco.Reports.Html;

namespace Soco.Reports;

/// <summary>The curves of one run.</summary>
internal static class RunCharts
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["loss_rpn_cls"] = "proposals: object or not",
        ["loss_rpn_loc"] = "proposals: boxes",
        ["loss_cls"] = "detections: class",
        ["loss_box_reg"] = "detections: boxes",
        ["loss_mask"] = "detections: masks",
    };

    /// <summary>Every curve.</summary>
    public static IEnumerable<LineChart> All(RunReading run) => [.. Learning(run), .. Schedules(run), .. Resources(run)];

    /// <summary>What is learned, the most telling first.</summary>
    public static IEnumerable<LineChart> Learning(RunReading run) =>
        run.Recipe is DetectionRecipe
            ? [Precision(run), Loss(run), LossParts(run), GradientNorm(run)]
            :
            [
                Probe(run),
                Loss(run),
                Spread(run),
                FeatureRank(run),
                LossParts(run),
                ProjectorSpread(run),
                GradientNorm(run),
                MatchedPairs(run),
            ];

    private static IEnumerable<LineChart> Schedules(RunReading run) =>
        [
            new LineChart
            {
                Title = "Learning rate",
                YTitle = "learning rate",
                Explanation =
                    run.Recipe is DetectionRecipe
                        ? "Rises over the warm-up, then falls in steps."
                        : "Rises over the warm-up, then falls as a cosine.",
                Curves = [new Curve("learning rate", run.Curve("lr"))],
                FromZero = true,
            },
            new LineChart
            {
                Title = "EMA momentum",
                YTitle = "momentum",
                Explanation =
                    "The share of its old weights that the target network keeps at each step; it ends at 1, where the target stands still.",
                Curves = [new Curve("EMA momentum", run.Curve("ema_momentum"))],
                Guides = run.Curve("ema_momentum").Count > 0 ? [new Guide(1, "stands still")] : [],
            },
        ];

    private static IEnumerable<LineChart> Resources(RunReading run) =>
        [
            new LineChart
            {
                Title = "Speed",
                YTitle = "images/s",
                Explanation = "Mean of the last steps. The first ones are slow: memory is taken and code is compiled.",
                Curves = [new Curve("speed", run.Curve("images_per_s"))],
                FromZero = true,
            },
            new LineChart
            {
                Title = "Waiting for images",
                YTitle = "s per step",
                Explanation =
                    "Time in which a step had no batch yet. More than a small part of a step means that decoding and views are the bottleneck: give more threads.",
                Curves = LineChart.NoisyAndSmooth("wait", run.Curve("data_wait_s")),
                FromZero = true,
            },
            new LineChart
            {
                Title = "Memory",
                YTitle = "GB",
                Explanation = "Main memory of the process. It is level after the first steps.",
                Curves = [new Curve("memory", [.. run.Curve("memory_mb").Select(point => point with { Y = point.Y / 1000 })])],
                FromZero = true,
            },
        ];

    private static IReadOnlyList<CurvePoint> Precision(RunReading run, string name) =>
        [.. run.Curve(name).Where(point => point.Y >= 0).Select(point => point with { Y = 100 * point.Y })];

    private static LineChart Precision(RunReading run) =>
        new()
        {
            Title = "Average precision",
            YTitle = "AP, %",
            Explanation =
                "On the images that it does not learn from. AP is the mean over IoU 0.50 to 0.95; AP50 asks for an IoU of 0.50 alone. "
                + "A curve that still rises at the end asks for more steps; one that falls while the loss falls has learned its images by heart.",
            Curves =
            [
                .. new[] { ("AP50, boxes", "ap50"), ("AP, boxes", "ap"), ("AP50, masks", "mask_ap50"), ("AP, masks", "mask_ap") }.Select(
                    curve => new Curve(curve.Item1, Precision(run, curve.Item2)) { HasMarks = true }
                ),
            ],
            FromZero = true,
        };

    private static LineChart Loss(RunReading run)
    {
        int pairs = run.Names("loss_1_").Count;
        if (run.Recipe is PretrainingRecipe { Objective: { Kind: ObjectiveKind.Infonce } objective })
        {
            return new LineChart
            {
                Title = "Loss",
                YTitle = "loss",
                Explanation =
                    $"Cross entropy of telling an object from those of other images, times {Show.Setting(RunVerdict.EntropyWeight(objective))}, "
                    + $"summed over {Show.Count(pairs, "pair")} of views: 0 is certain. More boxes in a batch make a harder question and a larger loss.",
                Curves = LineChart.NoisyAndSmooth("loss", run.Curve("loss")),
                FromZero = true,
            };
        }

        return new LineChart
        {
            Title = "Loss",
            YTitle = "loss",
            Explanation =
                pairs == 0
                    ? "Sum of the parts below."
                    : $"Minus four times the mean cosine of what the two networks say of the same box, summed over {Show.Count(pairs, "pair")} of views: "
                        + $"0 is no agreement, {Show.Setting(RunVerdict.PerfectPairLoss * pairs)} a perfect one. A perfect loss is no good sign by itself: see the spread.",
            Curves = LineChart.NoisyAndSmooth("loss", run.Curve("loss")),
            Guides = pairs == 0 ? [] : [new Guide(RunVerdict.PerfectPairLoss * pairs, "perfect agreement")],
        };
    }

    private static LineChart LossParts(RunReading run)
    {
        bool pairs = run.Names("loss_1_").Count > 0;
        return new LineChart
        {
            Title = pairs ? "Loss of each pair of views" : "Parts of the loss",
            YTitle = "loss",
            Explanation = pairs
                ? "View 1 is the whole image, 2 a crop of it, 3 a small picture of that crop, 4 another crop. The small view is the hardest to agree with."
                : "Smoothed. The first two are of the region proposals, the others of the detections.",
            Curves =
            [
                .. run.Names("loss_")
                    .Select(name => new Curve(
                        pairs ? $"views {name["loss_".Length..].Replace('_', '–')}" : s_names.GetValueOrDefault(name, name),
                        Decimation.Even(Decimation.Smooth(run.Curve(name)), LineChart.MostPoints)
                    )),
            ],
            FromZero = true,
        };
    }

    private static LineChart Probe(RunReading run)
    {
        (string Name, string Key)[] places =
        [
            ("head", "probe_head"),
            ("P, each box's level", "probe_p"),
            ("C5", "probe_c5"),
            ("C3", "probe_c3"),
        ];
        return new LineChart
        {
            Title = "What the features know",
            YTitle = "objects told, %",
            Explanation =
                "The share of labelled objects whose class a linear classifier tells from frozen features, as `soco probe` measures it. The lines across are a fresh network's of the same "
                + "shape: a curve that stays under its own has learned nothing yet that tells these objects.",
            Curves = [.. places.Select(place => new Curve(place.Name, InPercent(place.Key)) { HasMarks = true })],
            Guides =
            [
                .. places
                    .Select(place => (place.Name, Fresh: InPercent(place.Key + "_fresh")))
                    .Where(place => place.Name is "head" or "C5" && place.Fresh.Count > 0)
                    .Select(place => new Guide(place.Fresh[^1].Y, $"{place.Name}, fresh")),
            ],
            FromZero = true,
        };

        IReadOnlyList<CurvePoint> InPercent(string name) => [.. run.Curve(name).Select(point => point with { Y = 100 * point.Y })];
    }

    private static LineChart Spread(RunReading run)
    {
        double? most = run.Recipe is PretrainingRecipe recipe ? 1 / Math.Sqrt(recipe.Model.ProjectorOut) : null;
        return new LineChart
        {
            Title = "Embedding spread",
            YTitle = "standard deviation",
            Explanation =
                "How far the unit vectors of the boxes of a batch differ: standard deviation in each dimension, mean of the dimensions. "
                + $"1/√d{(most is { } value ? $" = {Show.Number(value)}" : "")} is that of vectors spread evenly over the sphere, the most there can be. "
                + "A fall towards 0 is a collapse, however good the loss looks.",
            Curves = LineChart.NoisyAndSmooth("spread", run.Curve("embedding_std")),
            Guides = [new Guide(0, "collapse"), .. most is { } limit ? [new Guide(limit, "1/√d, even")] : Array.Empty<Guide>()],
        };
    }

    private static LineChart FeatureRank(RunReading run) =>
        new()
        {
            Title = "Feature rank",
            YTitle = "directions",
            Explanation =
                "In how many directions the vectors of a batch's boxes differ before the projector (participation ratio of their covariance). "
                + "Near 1 all that the network still sees is one property of a box: little for a detector to use, however wide the embeddings are spread.",
            Curves = LineChart.NoisyAndSmooth("rank", run.Curve("feature_rank")),
            FromZero = true,
            Guides = run.Curve("feature_rank").Count > 0 ? [new Guide(1, "one direction")] : [],
        };

    private static LineChart ProjectorSpread(RunReading run) =>
        new()
        {
            Title = "Spread of the projector's dimensions",
            YTitle = "standard deviation",
            Explanation =
                "Before the vectors are made unit vectors. A smallest one at 0 under a healthy mean tells that single dimensions have died.",
            Curves =
            [
                new Curve("mean", Decimation.Even(Decimation.Smooth(run.Curve("projector_std_mean")), LineChart.MostPoints)),
                new Curve("smallest", Decimation.Even(Decimation.Smooth(run.Curve("projector_std_min")), LineChart.MostPoints)),
            ],
            FromZero = true,
        };

    private static LineChart GradientNorm(RunReading run)
    {
        double limit = run.Recipe is DetectionRecipe recipe ? recipe.Optimizer.MaxGradientNorm : 0;
        return new LineChart
        {
            Title = "Gradient norm",
            YTitle = "Euclidean norm",
            Explanation =
                "Of all gradients together"
                + (limit > 0 ? $", before it is limited to {Show.Setting(limit)}" : "")
                + ". Spikes at the end of the warm-up ask for a longer one or a lower learning rate.",
            Curves = LineChart.NoisyAndSmooth("norm", run.Curve("gradient_norm")),
            Guides = limit > 0 && run.Curve("gradient_norm").Any(point => point.Y > limit / 2) ? [new Guide(limit, "limit")] : [],
            IsLogarithmic = true,
        };
    }

    private static LineChart MatchedPairs(RunReading run) =>
        new()
        {
            Title = "Matched boxes",
            YTitle = "pairs per image",
            Explanation =
                "Pairs of boxes of view 1 and another view that are the same object, repeated boxes included. Near 0 there is nothing to learn from: look at the view sheets.",
            Curves = LineChart.NoisyAndSmooth("pairs", run.Curve("matched_pairs")),
            FromZero = true,
        };
}
