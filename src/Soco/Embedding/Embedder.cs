using System.Globalization;
using Soco.Detection.Data;
using Soco.Pretraining.Views;
using Soco.Probing;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;
using Soco.Weights;
using static TorchSharp.torch;

namespace Soco.Embedding;

/// <summary>
/// A frozen network that gives vectors for images and boxes. It sees each whole image at the size of view 1 of the pretraining, without
/// crop, flip or colors. Norms use the statistics of the weights, so that a vector depends on its own image alone.
/// </summary>
public sealed class Embedder : IDisposable
{
    private readonly ProbedNetwork _network;
    private readonly ProbeOptions _options;
    private readonly PyramidLevels _levels;
    private readonly WeightsWidths _widths;
    private readonly string _weights;

    /// <summary>Loads weights.</summary>
    /// <param name="weights">A pretraining, a backbone or a detector.</param>
    /// <param name="recipe">The pretraining that they are of: size of view 1, limits of the levels; null: the published ones.</param>
    /// <param name="options">
    /// <see cref="ProbeOptions.Size"/>: side of the square that images are resized to, 0 for the size of view 1; batch; threads.
    /// </param>
    /// <exception cref="SocoDataException">There is no backbone in the file that is known, or it is not whole.</exception>
    public Embedder(WeightsFile weights, PretrainingRecipe? recipe, ProbeOptions options)
    {
        recipe ??= new PretrainingRecipe();
        _options = options with { Size = options.Size > 0 ? options.Size : recipe.Views.Size };
        _levels = new PyramidLevels(recipe.LevelLimitsAt(_options.Size));
        (_widths, _weights) = (WeightsWidths.Of(weights), weights.Path);
        _network = ProbedNetwork.Open(weights, withStatistics: true);
    }

    /// <summary>Vectors of whole images: C5, averaged over its cells.</summary>
    /// <param name="source">The images.</param>
    /// <param name="progress">Receives images done and in all.</param>
    /// <param name="onUnreadable">Receives each image that cannot be read; it gets no vector.</param>
    /// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The vectors, maybe none; the caller disposes them.</returns>
    /// <exception cref="SocoDataException">The weights give values that are not finite.</exception>
    public VectorSet OfImages(
        ImageSource source,
        Action<int, int>? progress,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken = default
    )
    {
        set_num_threads(_options.Threads);
        var reader = new ProbeReader(_options, source.Count, progress, onUnreadable, cancellationToken, sameSize: true);
        using var rows = new Rows(source.Count, _weights);
        var paths = new List<string>();
        foreach ((Tensor images, int[] indices) in reader.Batches(Enumerable.Range(0, source.Count), index => Read(source, index)))
        {
            using (images)
            using (Tensor vectors = _network.Pooled(images))
            {
                rows.Add(vectors);
                paths.AddRange(indices.Select(source.NameOf));
            }
        }

        return new VectorSet(rows.Take(_network.Channels), paths, null, OriginOf("C5"));
    }

    /// <summary>Vectors of boxes: what the box head gives, on the pyramid level of each box's size.</summary>
    /// <param name="images">The images and their boxes, whatever the class.</param>
    /// <param name="progress">Receives images done and in all.</param>
    /// <param name="onUnreadable">Receives each image that cannot be read; its boxes get no vectors.</param>
    /// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The vectors, maybe none; the caller disposes them.</returns>
    /// <exception cref="SocoRequestException">The weights have no FPN or no box head.</exception>
    /// <exception cref="SocoDataException">The weights give values that are not finite.</exception>
    public VectorSet OfBoxes(
        LabelledImages images,
        Action<int, int>? progress,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken = default
    )
    {
        if (!_network.HasHead)
        {
            throw new SocoRequestException(
                $"{_weights} has no FPN and box head with norms as SoCo's, which vectors of boxes are read from: leave the boxes out, or name weights of an FPN pretraining."
            );
        }

        set_num_threads(_options.Threads);
        int[] places = [.. Enumerable.Range(0, images.Count).Where(place => images.ObjectsOf(place).Count > 0)];
        var reader = new ProbeReader(_options, places.Length, progress, onUnreadable, cancellationToken, sameSize: true);
        using var rows = new Rows(images.Objects, _weights);
        var paths = new List<string>();
        var boxes = new List<BoxXyxy>();
        foreach ((Tensor pixels, int[] shown) in reader.Batches(places, place => Read(images, place)))
        {
            using var batch = new ProbeBatch(
                pixels,
                [
                    .. shown.SelectMany(
                        (place, i) => images.ObjectsOf(place).Select(item => new ProbeBox(i, Resized(item.Box, images, place), item.Label))
                    ),
                ]
            );
            using Tensor vectors = _network.HeadFeatures(batch, _levels);
            rows.Add(vectors);
            boxes.AddRange(shown.SelectMany(images.ObjectsOf).Select(item => item.Box));
            paths.AddRange(shown.SelectMany(place => Enumerable.Repeat(images.ImageAt(place).FileName, images.ObjectsOf(place).Count)));
        }

        return new VectorSet(rows.Take(_network.Channels), paths, boxes, OriginOf("head"));
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    private VectorOrigin OriginOf(string stage) =>
        new(
            _weights,
            _widths.Arch + (_widths.Width == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" x {_widths.Width}")),
            stage,
            _options.Size
        );

    private RgbImage Read(LabelledImages images, int place)
    {
        RgbImage image = ImageDecoder.Decode(images.Source.ReadBytes(images.SourceIndexOf(place)), images.ImageAt(place).FileName);
        images.Check(place, image);
        return Resized(image);
    }

    private RgbImage Read(ImageSource source, int index) => Resized(ImageDecoder.Decode(source.ReadBytes(index), source.NameOf(index)));

    private RgbImage Resized(RgbImage image) => Resampling.ResizeBilinear(image, _options.Size, _options.Size);

    private BoxXyxy Resized(BoxXyxy box, LabelledImages images, int place)
    {
        double x = (double)_options.Size / images.ImageAt(place).Width,
            y = (double)_options.Size / images.ImageAt(place).Height;
        return new BoxXyxy(box.X1 * x, box.Y1 * y, box.X2 * x, box.Y2 * y);
    }

    /// <summary>Rows of a matrix that is filled from the top; its memory is taken once.</summary>
    /// <param name="most">Rows at most.</param>
    /// <param name="weights">What they are made by, for a sentence.</param>
    private sealed class Rows(int most, string weights) : IDisposable
    {
        private Tensor? _all;
        private long _count;

        public void Add(Tensor rows)
        {
            using Tensor finite = rows.isfinite(),
                all = finite.all();
            if (!all.item<bool>())
            {
                throw new SocoDataException(
                    $"{weights} gives vectors with values that are not finite: a training that failed leaves such weights; name others."
                );
            }

            _all ??= empty(most, rows.shape[1]);
            using Tensor place = _all.narrow(0, _count, rows.shape[0]);
            place.copy_(rows);
            _count += rows.shape[0];
        }

        /// <summary>What was added; the caller disposes it.</summary>
        /// <param name="columns">Columns where nothing was.</param>
        public Tensor Take(int columns) => _all is null ? empty(0, columns) : _all.narrow(0, 0, _count);

        public void Dispose() => _all?.Dispose();
    }
}
