namespace Soco.Probing;

/// <summary>How features are probed.</summary>
public sealed record ProbeOptions
{
    /// <summary>Short side that images are resized to, pixels; 0 takes the view size of the run, or 224 for a file.</summary>
    public int Size { get; init; }

    /// <summary>Labelled objects that the classifiers learn from, at most; drawn at random.</summary>
    public int TrainingObjects { get; init; } = 1500;

    /// <summary>Labelled objects that they are asked about, at most.</summary>
    public int TestObjects { get; init; } = 1500;

    /// <summary>Images of a forward pass.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Seed of the fresh network and of the choice of objects.</summary>
    public long Seed { get; init; }

    /// <summary>Threads of computation.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
