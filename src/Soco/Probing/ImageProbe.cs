using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>What the pooled C5 of frozen weights knows of images.</summary>
/// <param name="Weights">The weights.</param>
/// <param name="Size">Side of the square that is seen of an image, pixels.</param>
/// <param name="Classes">Classes.</param>
/// <param name="TrainingImages">Images that the classifier learned from, each as it is and mirrored.</param>
/// <param name="TestImages">Images that it was asked about.</param>
/// <param name="Pretrained">Of the weights.</param>
/// <param name="Fresh">Of a network of the same shape, drawn at random.</param>
public sealed record ImageProbeResult(
    string Weights,
    int Size,
    int Classes,
    int TrainingImages,
    int TestImages,
    ImageFigures Pretrained,
    ImageFigures Fresh
);

/// <summary>Accuracy on test images, 0 to 1.</summary>
/// <param name="Top1">The class of the largest value is the right one.</param>
/// <param name="Top5">The right one is among the five largest.</param>
public sealed record ImageFigures(double Top1, double Top5);

/// <summary>Linear evaluation on folders of classes: a linear classifier on the pooled C5 of a frozen backbone.</summary>
/// <param name="training">What the classifier learns from.</param>
/// <param name="test">What it is asked about; the same as <paramref name="training"/>: every third of its images.</param>
/// <param name="options">Sizes and numbers; <see cref="ProbeOptions.Size"/> is resolved.</param>
public sealed class ImageProbe(ClassFolders training, ClassFolders test, ProbeOptions options)
{
    private const int NormBatches = 30;

    // The side of the square in the middle that is seen, as a share of the short side.
    private const double Part = 224.0 / 256;

    /// <summary>Probes the network in a file.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="zeroInitResidual">Whether the fresh network's residual blocks start as their shortcuts.</param>
    /// <param name="progress">Told images done and in all.</param>
    /// <param name="onUnreadable">Told of each image that cannot be read; it takes no part.</param>
    /// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="SocoDataException">
    /// The file holds no backbone that is known, or only a part of one; or test classes that training lacks.
    /// </exception>
    public ImageProbeResult Run(
        WeightsFile weights,
        bool zeroInitResidual,
        Action<int, int>? progress,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken = default
    )
    {
        if (test.Classes.FirstOrDefault(name => !training.Classes.Contains(name)) is { } unknown)
        {
            throw new SocoDataException(
                $"The test images have a class \"{unknown}\" that the training images have not; name folders of the same classes."
            );
        }

        set_num_threads(options.Threads);
        bool shared = ReferenceEquals(training, test);
        int[] known = [.. Enumerable.Range(0, training.Source.Count).Where(index => !shared || index % 3 != 0)];
        int[] asked = [.. Enumerable.Range(0, test.Source.Count).Where(index => !shared || index % 3 == 0)];
        int all = 2 * (Math.Min(known.Length, NormBatches * options.Batch) + known.Length + asked.Length);
        Dictionary<string, long> places = training.Classes.Index().ToDictionary(item => item.Item, item => (long)item.Index);
        var reader = new ProbeReader(options, all, progress, onUnreadable, cancellationToken, sameSize: true);
        using ProbedNetwork pretrained = ProbedNetwork.Open(weights);
        using ProbedNetwork fresh = ProbedNetwork.Initialize(weights, zeroInitResidual, options.Seed);
        (ImageFigures mine, int learned, int tested) = Measure(pretrained);
        return new ImageProbeResult(weights.Path, options.Size, training.Classes.Count, learned, tested, mine, Measure(fresh).Figures);

        (ImageFigures Figures, int Learned, int Tested) Measure(ProbedNetwork network)
        {
            using DisposeScope scope = NewDisposeScope();
            network.MeasureNorms(Batches(training, known).Take(NormBatches), batch => network.Pooled(batch.Images));
            (Tensor features, long[] labels) = Gather(network, training, known, mirrored: true);
            (Tensor questions, long[] truth) = Gather(network, test, asked, mirrored: false);
            Tensor scores = LinearClassifier.Scores(features, labels, questions, training.Classes.Count, options.Seed);
            (_, Tensor best) = scores.topk(Math.Min(5, training.Classes.Count), dim: 1);
            Tensor hits = best.eq(tensor(truth).unsqueeze(1)).to_type(ScalarType.Float64);
            return (
                new ImageFigures(hits.select(1, 0).mean().item<double>(), hits.sum([1]).mean().item<double>()),
                labels.Length / 2,
                truth.Length
            );
        }

        (Tensor Features, long[] Labels) Gather(ProbedNetwork network, ClassFolders folders, int[] indices, bool mirrored)
        {
            List<Tensor> parts = [];
            List<long> labels = [];
            foreach (Pass batch in Batches(folders, indices))
            {
                using (batch)
                {
                    foreach (Tensor images in mirrored ? new[] { batch.Images, batch.Images.flip(3) } : [batch.Images])
                    {
                        parts.Add(network.Pooled(images));
                        labels.AddRange(batch.Indices.Select(index => places[folders.Classes[folders.Labels[index]]]));
                    }
                }
            }

            return parts.Count > 0
                ? (cat(parts), [.. labels])
                : throw new SocoDataException("None of the images can be read; name folders of images.");
        }

        IEnumerable<Pass> Batches(ClassFolders folders, int[] indices) =>
            reader.Batches(indices, index => Read(folders, index)).Select(batch => new Pass(batch.Images, batch.Items));
    }

    /// <summary>The square in the middle of an image, resized.</summary>
    private RgbImage Read(ClassFolders folders, int index)
    {
        RgbImage image = ImageDecoder.Decode(folders.Source.ReadBytes(index), folders.Source.NameOf(index));
        int side = Math.Max(1, (int)Math.Round(Math.Min(image.Width, image.Height) * Part));
        return Resampling.CropAndResizeBilinear(
            image,
            (image.Width - side) / 2,
            (image.Height - side) / 2,
            side,
            side,
            options.Size,
            options.Size
        );
    }

    private sealed record Pass(Tensor Images, int[] Indices) : IDisposable
    {
        public void Dispose() => Images.Dispose();
    }
}
