using Soco.Deployment;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.IO;
using Soco.Weights;
using Soco.Weights.Export;

namespace Soco.Jobs;

/// <summary>What an export is asked for.</summary>
public sealed record ExportRequest
{
    /// <summary>A run folder, or a file of weights of any kind that Soco reads.</summary>
    public required string Source { get; init; }

    /// <summary>The framework that the weights are for.</summary>
    public required ExportFormat Format { get; init; }

    /// <summary>The part that is written.</summary>
    public ExportPart Part { get; init; } = ExportPart.All;

    /// <summary>The file to write.</summary>
    public required string Output { get; init; }

    /// <summary>Whether numbers are stored in 16 bits.</summary>
    public bool Halves { get; init; }
}

/// <summary>What an export of a network as ONNX is asked for.</summary>
public sealed record OnnxExportRequest
{
    /// <summary>A run folder, or a file of weights of any kind that Soco reads.</summary>
    public required string Source { get; init; }

    /// <summary>All or Detector: a whole detector; Backbone or Fpn: their maps.</summary>
    public ExportPart Part { get; init; } = ExportPart.All;

    /// <summary>What a detector is given.</summary>
    public OnnxInput Input { get; init; }

    /// <summary>The file to write.</summary>
    public required string Output { get; init; }

    /// <summary>Whether weights and arithmetic have 16 bits.</summary>
    public bool Halves { get; init; }
}

/// <summary>What an export wrote.</summary>
/// <param name="Source">The file that the weights were read from.</param>
/// <param name="Names">The names of the tensors.</param>
/// <param name="LeftOut">Entries of the file that were not read, and why.</param>
public sealed record ExportResult(string Source, IReadOnlyList<string> Names, IReadOnlyList<WrapperKey> LeftOut);

/// <summary>Weights for another framework, or a network for an engine.</summary>
public sealed class ExportJob
{
    private readonly string _source,
        _output;
    private readonly bool _whole;
    private readonly Func<WeightsFile, IReadOnlyList<string>> _write;

    /// <summary>Weights for another framework.</summary>
    /// <param name="request">What is asked for.</param>
    public ExportJob(ExportRequest request)
    {
        // The authors' checkpoint is the whole pretraining network; a run's weights are what is handed on.
        _whole = request is { Format: ExportFormat.Soco, Part: ExportPart.All };
        (_source, _output) = (request.Source, request.Output);
        _write = weights => WeightsExport.Write(weights, request.Format, request.Part, request.Output, request.Halves);
    }

    /// <summary>A network as ONNX.</summary>
    /// <param name="request">What is asked for.</param>
    public ExportJob(OnnxExportRequest request)
    {
        (_source, _output) = (request.Source, request.Output);
        _write = weights => OnnxExport.Write(weights, request.Part, request.Input, request.Output, request.Halves);
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="SocoRequestException">
    /// There are no weights, the output cannot be written, or the format cannot hold them.
    /// </exception>
    /// <exception cref="SocoDataException">The weights are damaged.</exception>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public ExportResult Run()
    {
        using WeightsFile weights = RunFolder.OpenWeights(_source, _whole);
        OutputFolder.MakeFor(_output);
        return new ExportResult(weights.Path, _write(weights), weights.LeftOut);
    }
}
