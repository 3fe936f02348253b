using Microsoft.ML.OnnxRuntime;
using Soco.Vision.Inference;

namespace Soco.Runtime;

/// <summary>How a detector is run.</summary>
public sealed record DetectorOptions
{
    /// <summary>Threads of computation of one call; 0 is one for each core.</summary>
    public int Threads { get; init; }

    /// <summary>The tiles of images that are larger than one; null: every image is looked at as a whole.</summary>
    public TileOptions? Tiles { get; init; }

    /// <summary>
    /// Changes the engine's options before the model is loaded, such as <c>options => options.AppendExecutionProvider_CUDA()</c> with the
    /// package of ONNX Runtime for GPUs.
    /// </summary>
    public Action<SessionOptions>? Configure { get; init; }
}
