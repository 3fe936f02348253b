using Soco.Detection.Inference;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runtime;
using Soco.Training;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Inference;
using static TorchSharp.torch;

namespace Soco.Deployment;

/// <summary>A detector that is ready to look at images: one of torch, or one in ONNX.</summary>
internal sealed class LoadedDetector : IDisposable
{
    private readonly IDisposable _network;

    private LoadedDetector(IDisposable network, IImageDetector images, IReadOnlyList<CocoCategory> classes) =>
        (_network, Images, Classes) = (network, images, classes);

    /// <summary>Finds the objects in images.</summary>
    public IImageDetector Images { get; }

    /// <summary>The classes, in the order of the labels.</summary>
    public IReadOnlyList<CocoCategory> Classes { get; }

    /// <summary>Loads a detector.</summary>
    /// <param name="path">A run folder, whose best detector is taken, a file of weights, or a file in ONNX (*.onnx).</param>
    /// <param name="threads">Threads of computation; 0 is one for each core.</param>
    /// <param name="tiles">The tiles of images that are larger than one; null: every image as a whole.</param>
    /// <exception cref="Vision.SocoRequestException">There is no such run or file, or no detector in it yet.</exception>
    /// <exception cref="Vision.SocoDataException">The file is damaged, or holds no detector of Soco's.</exception>
    public static LoadedDetector Open(string path, int threads, TileOptions? tiles = null)
    {
        if (Path.GetExtension(path).Equals(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            var exported = Detector.Load(path, new DetectorOptions { Threads = threads });
            return new LoadedDetector(exported, Tiled(new OnnxImageDetector(exported)), exported.Classes);
        }

        (MaskRcnn detector, DetectionRecipe recipe, IReadOnlyList<CocoCategory> classes) = DetectorWeights.Open(path);
        recipe = recipe with { Threads = threads, Device = ComputeDevice.Auto };
        set_num_threads(recipe.ThreadCount);
        return new LoadedDetector(detector, Tiled(new ImageDetector(detector, recipe)), classes);

        IImageDetector Tiled(IImageDetector images) => tiles is null ? images : new TiledImageDetector(images, tiles);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();
}
