using static TorchSharp.torch;

namespace Soco.Checkpoints;

/// <summary>
/// A file of weights, open for reading, recognised by its content and presented under Soco's names: <c>encoder.*</c>, <c>neck.*</c>,
/// <c>head.*</c> for what is pretrained, torchvision's for a detector. Shapes and types are known at once; values are read one tensor at a time.
/// </summary>
public sealed class WeightsFile : INamedTensors, IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly RenamedTensors _tensors;

    private WeightsFile(string path, SafetensorsFile file)
    {
        Path = path;
        _file = file;
        WeightsNames names = WeightsNames.Recognise(file.Names);
        _tensors = new RenamedTensors(file, names.Map);
        (Format, Kind) = (names.Format, names.Kind);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whose names it carries.</summary>
    public WeightsFormat Format { get; }

    /// <summary>What it holds.</summary>
    public WeightsKind Kind { get; }

    /// <summary>Strings kept beside the tensors; only safetensors files have them.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _file.Metadata;

    /// <summary>The tensors under the file's own names, those that have no name in Soco among them.</summary>
    public INamedTensors Stored => _file;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names => _tensors.Names;

    /// <summary>Opens a file; <see cref="Training.RunFolder.OpenWeights"/> also takes a run folder.</summary>
    /// <exception cref="SocoDataException">The file is not there, damaged, or of no known kind.</exception>
    public static WeightsFile Open(string path) => new(path, SafetensorsFile.Open(path));

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => _tensors.Shape(name);

    /// <inheritdoc/>
    public ScalarType DType(string name) => _tensors.DType(name);

    /// <inheritdoc/>
    public Tensor Read(string name) => _tensors.Read(name);

    /// <inheritdoc/>
    public void CopyInto(string name, Tensor target) => _tensors.CopyInto(name, target);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
