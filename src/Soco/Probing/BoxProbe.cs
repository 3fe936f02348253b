using Soco.Detection.Data;
using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Vision.Random;
using Soco.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>
/// What frozen features know of labelled boxes: RoI features of every stage and level and of the box head, classified by ridge regression
/// and by nearest neighbors, with their rank and with what explains their variance, beside a fresh network of the same shape.
/// </summary>
public sealed class BoxProbe
{
    private const int NormBatches = 30;
    private const ulong Purpose = 0x70726F6265;

    private readonly LabelledImages _training;
    private readonly LabelledImages _test;
    private readonly ProbeOptions _options;
    private readonly Chosen[] _known;
    private readonly Chosen[] _asked;
    private (WeightsWidths Widths, bool ZeroInitResidual, IReadOnlyList<FeatureFigures> Figures)? _fresh;

    /// <param name="training">What the classifiers learn from.</param>
    /// <param name="test">
    /// What they are asked about; its classes are told by name. The same as <paramref name="training"/>: every third of its images.
    /// </param>
    /// <param name="options">Sizes and numbers; <see cref="ProbeOptions.Size"/> is resolved.</param>
    /// <exception cref="SocoDataException">There are fewer than two classes, or no object to ask about.</exception>
    public BoxProbe(LabelledImages training, LabelledImages test, ProbeOptions options)
    {
        (_training, _test, _options) = (training, test, options);
        bool shared = ReferenceEquals(training, test);
        string[] classes = [.. training.Classes.Select(category => category.Name)];
        int[] labels = [.. test.Classes.Select(category => Array.IndexOf(classes, category.Name))];
        _known = Choose(training, place => !shared || place % 3 != 0, label => label, options.TrainingObjects);
        int[] seen = [.. _known.Select(item => item.Label).Distinct()];
        _asked = Choose(
            test,
            place => !shared || place % 3 == 0,
            label => seen.Contains(labels[label]) ? labels[label] : -1,
            options.TestObjects
        );
        if (seen.Length < 2 || _asked.Length == 0)
        {
            throw new SocoDataException(
                $"A probe needs objects of two classes to learn from and some to be asked about; there are {_known.Length} objects of {seen.Length} classes, and {_asked.Length}."
            );
        }
    }

    /// <summary>Probes the network in a file. The fresh network is measured once for networks of one shape.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="recipe">The pretraining that they are of: its levels, and how its network began; null: the published ones.</param>
    /// <param name="progress">Told images done and in all.</param>
    /// <param name="onUnreadable">Told of each image that cannot be read; its objects take no part.</param>
    /// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="SocoDataException">
    /// The file holds no backbone that is known, or only a part of one; or no image can be read.
    /// </exception>
    public BoxProbeResult Run(
        WeightsFile weights,
        PretrainingRecipe? recipe,
        Action<int, int>? progress,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken = default
    )
    {
        set_num_threads(_options.Threads);
        recipe ??= new PretrainingRecipe();
        var levels = new PyramidLevels(recipe.LevelLimitsAt(_options.Size));
        WeightsWidths widths = WeightsWidths.Of(weights);
        bool hasFresh = _fresh is { } known && known.Widths == widths && known.ZeroInitResidual == recipe.Model.ZeroInitResidual;
        int all = (hasFresh ? 1 : 2) * (Math.Min(NormBatches * _options.Batch, ImagesOf(_known)) + ImagesOf(_known) + ImagesOf(_asked));
        var reader = new ProbeReader(_options, all, progress, onUnreadable, cancellationToken);
        using ProbedNetwork pretrained = ProbedNetwork.Open(weights);
        using DisposeScope scope = NewDisposeScope();
        (Gathered learned, Gathered asked) = FeaturesOf(pretrained, levels, reader);
        FeatureFigures[] figures = Measure(learned, asked, levels);
        if (!hasFresh)
        {
            using ProbedNetwork drawn = ProbedNetwork.Initialize(weights, recipe.Model.ZeroInitResidual, _options.Seed);
            (Gathered freshLearned, Gathered freshAsked) = FeaturesOf(drawn, levels, reader);
            _fresh = (widths, recipe.Model.ZeroInitResidual, Measure(freshLearned, freshAsked, levels));
        }

        return new BoxProbeResult(
            weights.Path,
            weights.Metadata.TryGetValue("soco.step", out string? step) && long.TryParse(step, out long number) ? number : null,
            _options.Size,
            learned.Boxes.Select(box => box.Label).Distinct().Count(),
            learned.Boxes.Count,
            asked.Boxes.Count,
            Chance(learned.Boxes, asked.Boxes),
            [
                .. learned.Places.Select(
                    (place, i) => new BoxProbeRow(place.Place, (int)place.Features.shape[1], figures[i], _fresh!.Value.Figures[i])
                ),
            ]
        );
    }

    private static double Chance(IReadOnlyList<ProbeBox> known, IReadOnlyList<ProbeBox> asked)
    {
        int common = known.GroupBy(box => box.Label).MaxBy(group => group.Count())!.Key;
        return (double)asked.Count(box => box.Label == common) / asked.Count;
    }

    private FeatureFigures[] Measure(Gathered known, Gathered asked, PyramidLevels levels) =>
        [.. known.Places.Select((_, place) => Measure(place, known, asked, levels))];

    private FeatureFigures Measure(int place, Gathered known, Gathered asked, PyramidLevels levels)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = known.Places[place].Features,
            questions = asked.Places[place].Features;
        long[] labels = [.. known.Boxes.Select(box => (long)box.Label)],
            truth = [.. asked.Boxes.Select(box => (long)box.Label)];
        int classes = _training.Classes.Count;
        return new FeatureFigures(
            Accuracy(RidgeClassifier.Scores(features, labels, questions, classes)),
            Accuracy(NearestNeighbors.Scores(features, labels, questions, classes)),
            SocoModel.ParticipationRatio(features),
            FeatureVariance.ExplainedByParabola(features, [.. known.Boxes.Select(box => Math.Log(box.Box.Width * box.Box.Height))]),
            FeatureVariance.ExplainedByGroups(features, [.. known.Boxes.Select(box => levels.LevelOf(box.Box))]),
            FeatureVariance.ExplainedByGroups(features, [.. known.Boxes.Select(box => box.Label)])
        );

        double Accuracy(Tensor scores) => (double)scores.argmax(1).eq(tensor(truth)).sum().item<long>() / truth.Length;
    }

    private (Gathered Known, Gathered Asked) FeaturesOf(ProbedNetwork network, PyramidLevels levels, ProbeReader reader)
    {
        network.MeasureNorms(Batches(_training, _known, reader).Take(NormBatches), batch => network.Features(batch, levels));
        return (Gather(_training, _known), Gather(_test, _asked));

        Gathered Gather(LabelledImages images, Chosen[] chosen)
        {
            List<IReadOnlyList<(string Place, Tensor Features)>> parts = [];
            List<ProbeBox> boxes = [];
            foreach (ProbeBatch batch in Batches(images, chosen, reader))
            {
                using (batch)
                {
                    parts.Add(network.Features(batch, levels));
                    boxes.AddRange(batch.Boxes);
                }
            }

            return parts.Count > 0
                ? new Gathered([.. parts[0].Select((first, i) => (first.Place, cat([.. parts.Select(part => part[i].Features)])))], boxes)
                : throw new SocoDataException("None of the images that show the objects can be read; give others.");
        }
    }

    /// <summary>The images of some objects, in the order of the objects.</summary>
    private IEnumerable<ProbeBatch> Batches(LabelledImages images, Chosen[] chosen, ProbeReader reader) =>
        reader
            .Batches(chosen.GroupBy(item => item.Place), objects => Read(images, objects.Key))
            .Select(batch => new ProbeBatch(
                batch.Images,
                [.. batch.Items.SelectMany((objects, i) => objects.Select(item => new ProbeBox(i, item.Box, item.Label)))]
            ));

    private RgbImage Read(LabelledImages images, int place)
    {
        RgbImage image = ImageDecoder.Decode(images.Source.ReadBytes(images.SourceIndexOf(place)), images.ImageAt(place).FileName);
        images.Check(place, image);
        ImageSize size = SizeOf(image.Width, image.Height);
        return Resampling.ResizeBilinear(image, size.Width, size.Height);
    }

    /// <summary>Objects drawn at random, in the order of their images; boxes in pixels of the resized images.</summary>
    private Chosen[] Choose(LabelledImages images, Func<int, bool> takes, Func<int, int> labelOf, int most)
    {
        List<Chosen> all = [];
        for (int place = 0; place < images.Count; place++)
        {
            if (!takes(place))
            {
                continue;
            }

            (int width, int height) = (images.ImageAt(place).Width, images.ImageAt(place).Height);
            ImageSize size = SizeOf(width, height);
            double x = (double)size.Width / width,
                y = (double)size.Height / height;
            all.AddRange(
                images
                    .ObjectsOf(place)
                    .Select(item => new Chosen(
                        place,
                        new BoxXyxy(item.Box.X1 * x, item.Box.Y1 * y, item.Box.X2 * x, item.Box.Y2 * y),
                        labelOf(item.Label)
                    ))
                    .Where(item => item.Label >= 0 && item.Box is { Width: > 0, Height: > 0 })
            );
        }

        Chosen[] drawn = [.. all];
        new CounterRandom((ulong)_options.Seed, 0, 0, Purpose).Shuffle<Chosen>(drawn);
        return [.. drawn.Take(most).OrderBy(item => item.Place)];
    }

    private ImageSize SizeOf(int width, int height) => ImageResize.SizeOf(width, height, _options.Size, int.MaxValue);

    private static int ImagesOf(Chosen[] chosen) => chosen.Select(item => item.Place).Distinct().Count();

    private sealed record Chosen(int Place, BoxXyxy Box, int Label);

    private sealed record Gathered(IReadOnlyList<(string Place, Tensor Features)> Places, IReadOnlyList<ProbeBox> Boxes);
}
