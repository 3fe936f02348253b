using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Runs;

/// <summary>A checkpoint, open for restoring.</summary>
public sealed class Checkpoint : IDisposable
{
    internal const string ModelPrefix = "model.";
    internal const string OptimizerPrefix = "optimizer.";

    private readonly SafetensorsFile _file;

    private Checkpoint(string path, SafetensorsFile file, TrainingState state)
    {
        Path = path;
        _file = file;
        State = state;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Where the run stood.</summary>
    public TrainingState State { get; }

    /// <summary>Opens a checkpoint.</summary>
    /// <exception cref="SocoDataException">The file is truncated or damaged, or not a checkpoint.</exception>
    public static Checkpoint Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path, verify: true);
        try
        {
            return new Checkpoint(path, file, TrainingState.ReadFrom(file, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Puts back tensors, by the names they were saved under.</summary>
    /// <exception cref="SocoDataException">Something is missing, unexpected or misshaped; nothing was changed.</exception>
    public void Restore(IEnumerable<(string Name, Tensor Tensor)> tensors) => StateLoading.Load(tensors, _file, Path);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The tensors of a network and its optimizer by their names in a checkpoint.</summary>
    internal static IEnumerable<(string Name, Tensor Tensor)> Named(
        IEnumerable<(string Name, Tensor Tensor)> model,
        IEnumerable<(string Name, Tensor Tensor)> optimizer
    ) =>
        model
            .Select(item => (ModelPrefix + item.Name, item.Tensor))
            .Concat(optimizer.Select(item => (OptimizerPrefix + item.Name, item.Tensor)));
}
