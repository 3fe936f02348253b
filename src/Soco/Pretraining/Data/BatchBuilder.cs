using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Imaging;
using static TorchSharp.torch;

namespace Soco.Pretraining.Data;

/// <summary>
/// Gathers the samples of a batch into tensors: ImageNet mean and standard deviation, cutout squares as zero. Samples may arrive from
/// several threads.
/// </summary>
internal sealed unsafe class BatchBuilder : IDisposable
{
    private readonly Tensor[] _views;
    private readonly int[] _sides;
    private readonly Sample[] _samples;

    /// <param name="images">Images in the batch.</param>
    /// <param name="sides">Sides of the views in pixels.</param>
    public BatchBuilder(int images, IReadOnlyList<int> sides)
    {
        _sides = [.. sides];
        _samples = new Sample[images];
        _views = [.. _sides.Select(side => empty(images, 3, side, side).DetachFromDisposeScope())];
    }

    /// <summary>Puts a sample in its place.</summary>
    /// <param name="place">0 .. images-1.</param>
    /// <param name="sample">Its views have the sides of this batch.</param>
    public void Add(int place, Sample sample)
    {
        _samples[place] = sample;
        for (int view = 0; view < _views.Length; view++)
        {
            long plane = (long)_sides[view] * _sides[view];
            Fill(NativeMemory.Of(_views[view]) + 3 * plane * place, sample.Views[view]);
        }
    }

    /// <summary>The batch; every place has been filled.</summary>
    public SocoBatch Build()
    {
        // A set that the pairs of every sample share is shared by the batch: the network embeds it once.
        var sets = new List<(int Pair, BoxSet Set)>();
        var pairs = new List<ViewPair>();
        for (int pair = 0; pair < _samples[0].Pairs.Count; pair++)
        {
            int shared = sets.FindIndex(s => ReferenceEquals(_samples[0].Pairs[s.Pair].First, _samples[0].Pairs[pair].First));
            BoxSet first = shared >= 0 ? sets[shared].Set : Gather(sample => sample.Pairs[pair].First);
            sets.Add((pair, first));
            pairs.Add(new ViewPair(_samples[0].Pairs[pair].View, first, Gather(sample => sample.Pairs[pair].Other)));
        }

        return new SocoBatch(_views, pairs);
    }

    /// <summary>Frees the tensors of a batch that is not built.</summary>
    public void Dispose()
    {
        foreach (Tensor view in _views)
        {
            view.Dispose();
        }
    }

    private BoxSet Gather(Func<Sample, ViewBox[]> boxesOf)
    {
        ViewBox[] boxes = [.. _samples.SelectMany(boxesOf)];
        return new BoxSet(
            _samples.Length,
            boxes.Length / _samples.Length,
            [.. boxes.SelectMany(b => new[] { (float)b.Corners.X1, (float)b.Corners.Y1, (float)b.Corners.X2, (float)b.Corners.Y2 })],
            [.. boxes.Select(b => b.Id)],
            [.. boxes.Select(b => b.Level)]
        );
    }

    private static void Fill(float* target, View view)
    {
        int side = view.Image.Width;
        int plane = side * side;
        NormalizedPixels.Write(view.Image, target, side, plane);
        for (int channel = 0; channel < 3; channel++)
        {
            float* output = target + channel * plane;
            foreach (BoxXyxy square in view.Cutouts)
            {
                for (int y = (int)square.Y1; y <= (int)square.Y2; y++)
                {
                    new Span<float>(output + y * side + (int)square.X1, (int)(square.X2 - square.X1) + 1).Clear();
                }
            }
        }
    }
}
