using Soco.Vision;
using Soco.Weights.Naming;
using Soco.Weights.Onnx;
using Soco.Weights.Pickles;
using Soco.Weights.Safetensors;
using Soco.Weights.TorchFiles;
using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>
/// A file of weights, open for reading, recognised by its content and presented under Soco's names: <c>encoder.*</c>, <c>neck.*</c>,
/// <c>head.*</c> for what is pretrained, torchvision's for a detector. Shapes and types are known at once; values are read one tensor at a
/// time.
/// Pickles are read as data: nothing in a file is ever executed.
/// </summary>
public sealed class WeightsFile : INamedTensors, IDisposable
{
    private const int LongestReason = 500;
    private const int TarMagicAt = 257;

    private readonly StoredTensors _stored;
    private readonly RenamedTensors _tensors;

    private WeightsFile(
        string path,
        WeightsContainer container,
        StoredTensors stored,
        IReadOnlyList<WrapperKey> wrappers,
        IReadOnlyList<WrapperKey> leftOut,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        (Path, Container, _stored, Wrappers, LeftOut, Metadata) = (path, container, stored, wrappers, leftOut, metadata);
        WeightsNames names = WeightsNames.Recognise(stored.Names);
        _tensors = new RenamedTensors(stored, names.Map);
        (Format, Kind) = (names.Format, names.Kind);
        HashSet<string> known = [.. _tensors.Names];
        BackgroundFirst = ReorderedClasses.BackgroundIsFirst(name => known.Contains(name) ? _tensors.Shape(name) : null);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The kind of file.</summary>
    public WeightsContainer Container { get; }

    /// <summary>Whose names it carries.</summary>
    public WeightsFormat Format { get; }

    /// <summary>What it holds.</summary>
    public WeightsKind Kind { get; }

    /// <summary>The keys around the tensors of a torch file or a pickle.</summary>
    public IReadOnlyList<WrapperKey> Wrappers { get; }

    /// <summary>
    /// Entries beside the tensors that are tensors too, of a kind that is not read, with why: sparse, quantized, complex.
    /// </summary>
    public IReadOnlyList<WrapperKey> LeftOut { get; }

    /// <summary>Strings kept beside the tensors; only safetensors files have them.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>
    /// Whether the first class of a detector is the background, as in torchvision, and not the last; null where there are no classes.
    /// </summary>
    public bool? BackgroundFirst { get; }

    /// <summary>The tensors under the file's own names, those that have no name in Soco among them.</summary>
    public INamedTensors Stored => _stored;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names => _tensors.Names;

    /// <summary>Opens a file; <c>RunFolder.OpenWeights</c> also takes a run folder.</summary>
    /// <exception cref="SocoDataException">The file is not there, damaged, refused, or of no known kind.</exception>
    public static WeightsFile Open(string path)
    {
        FileBytes file = FileBytes.Open(path);
        try
        {
            return Open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => _tensors.Shape(name);

    /// <inheritdoc/>
    public ScalarType DType(string name) => _tensors.DType(name);

    /// <inheritdoc/>
    public Tensor Read(string name) => _tensors.Read(name);

    /// <inheritdoc/>
    public void CopyInto(string name, Tensor target) => _tensors.CopyInto(name, target);

    /// <inheritdoc/>
    public void Dispose() => _stored.Dispose();

    private static WeightsFile Open(FileBytes file)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(file.Length, 512)];
        file.Read(0, start);
        if (SafetensorsFile.Begins(start))
        {
            return new WeightsFile(
                file.Path,
                WeightsContainer.Safetensors,
                SafetensorsFile.Read(file, verify: true, out Dictionary<string, string> metadata),
                [],
                [],
                metadata
            );
        }

        if (OnnxWeights.Begins(start))
        {
            return OpenOnnx(file);
        }

        WeightsContainer container =
            TorchZipFile.Begins(start) ? WeightsContainer.TorchZip
            : TorchLegacyFile.Begins(start) ? WeightsContainer.TorchLegacy
            : WeightsContainer.Pickle;
        var budget = new PickleBudget(file.Length);
        try
        {
            (List<(string, StoredTensor)> tensors, List<WrapperKey> wrappers, List<WrapperKey> leftOut) = TensorSearch.Find(
                ReadPickled(file, container, start, budget),
                budget
            );
            return new WeightsFile(
                file.Path,
                container,
                new StoredTensors(file, tensors),
                wrappers,
                leftOut,
                new Dictionary<string, string>()
            );
        }
        catch (RefusedException refused)
        {
            throw new SocoDataException($"{file.Path} is refused: {OneLine(refused.Message)}.", refused);
        }
        catch (FormatException error)
        {
            throw new SocoDataException(
                $"{file.Path} is not a complete file of weights: {OneLine(error.Message)}; copy or make the file again.",
                error
            );
        }
    }

    private static WeightsFile OpenOnnx(FileBytes file)
    {
        try
        {
            List<(string, StoredTensor)> tensors = OnnxWeights.Read(file, out Dictionary<string, string> metadata);
            return new WeightsFile(file.Path, WeightsContainer.Onnx, new StoredTensors(file, tensors), [], [], metadata);
        }
        catch (FormatException error)
        {
            throw new SocoDataException(
                $"{file.Path} holds no weights that Soco can take from a model in ONNX: {OneLine(error.Message)}.",
                error
            );
        }
    }

    private static object? ReadPickled(FileBytes file, WeightsContainer container, ReadOnlySpan<byte> start, PickleBudget budget)
    {
        switch (container)
        {
            case WeightsContainer.TorchZip:
                return TorchZipFile.Read(file, budget);
            case WeightsContainer.TorchLegacy:
                return TorchLegacyFile.Read(file.Whole, budget);
            default:
                if (start is not [0x80 or (byte)'(' or (byte)'}' or (byte)'c', ..])
                {
                    throw new SocoDataException(
                        $"{file.Path} is no file of weights that Soco knows: it is neither safetensors, nor a torch file, nor a pickle, nor a model in ONNX; "
                            + (
                                start.IndexOf("ustar"u8) == TarMagicAt
                                    ? "it is a tar as torch wrote them before 0.1.10: save it again with a newer one."
                                    : "check that it was fetched whole."
                            )
                    );
                }

                var globals = new PickleGlobals(budget, text => TorchLegacyFile.ReadNested(text, budget));
                return new PickleMachine(
                    new ByteReader(file.Whole),
                    budget,
                    globals,
                    _ => throw new FormatException("its pickle refers to something outside of it")
                ).Run();
        }
    }

    private static string OneLine(string reason) =>
        string.Concat(reason.Take(LongestReason).Select(letter => char.IsControl(letter) ? '?' : letter))
        + (reason.Length > LongestReason ? "..." : "");
}
