namespace Soco.Pretraining;

/// <summary>What the online network learns of the target's vector of the same object.</summary>
public enum ObjectiveKind
{
    /// <summary>Its direction: minus twice the cosine (SoCo, after BYOL). There are no negatives.</summary>
    Cosine,

    /// <summary>To tell it from the vectors of other objects (InfoNCE, in the form of MoCo v3).</summary>
    Infonce,
}

/// <summary>The objective of a pretraining run. The defaults are the paper's.</summary>
public sealed record ObjectiveOptions
{
    /// <summary>Cosine or InfoNCE.</summary>
    public ObjectiveKind Kind { get; init; }

    /// <summary>What InfoNCE divides cosines by, above 0.</summary>
    public double Temperature { get; init; } = 0.2;

    /// <summary>Target vectors of earlier steps that are negatives too; 0: none.</summary>
    public int Queue { get; init; }

    /// <summary>Boxes of the same image are negatives too where their IoU with the box is below this; 0: none.</summary>
    public double SameImageIou { get; init; }
}
