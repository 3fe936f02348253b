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

/// <summary>What an export wrote.</summary>
/// <param name="Source">The file that the weights were read from.</param>
/// <param name="Names">The names of the tensors.</param>
/// <param name="LeftOut">Entries of the file that were not read, and why.</param>
public sealed record ExportResult(string Source, IReadOnlyList<string> Names, IReadOnlyList<WrapperKey> LeftOut);

/// <summary>Weights for another framework.</summary>
/// <param name="request">What is asked for.</param>
public sealed class ExportJob(ExportRequest request)
{
    /// <summary>Writes the weights.</summary>
    /// <exception cref="SocoRequestException">There are no weights, the output cannot be written, or the format cannot hold them.</exception>
    /// <exception cref="SocoDataException">The weights are damaged.</exception>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public ExportResult Run()
    {
        // The authors' checkpoint is the whole pretraining network; a run's weights are what is handed on.
        bool whole = request is { Format: ExportFormat.Soco, Part: ExportPart.All };
        using WeightsFile weights = RunFolder.OpenWeights(request.Source, whole);
        OutputFolder.MakeFor(request.Output);
        IReadOnlyList<string> names = WeightsExport.Write(weights, request.Format, request.Part, request.Output, request.Halves);
        return new ExportResult(weights.Path, names, weights.LeftOut);
    }
}
