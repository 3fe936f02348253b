namespace Soco.Weights;

/// <summary>Which pretrained parts a detector takes over; each includes those before it (SoCo, section 4.4).</summary>
public enum TransferParts
{
    /// <summary>The backbone.</summary>
    Backbone,

    /// <summary>Backbone and feature pyramid.</summary>
    Fpn,

    /// <summary>Backbone, feature pyramid and box head.</summary>
    Head,

    /// <summary>All that the file has: of a detector also RPN, predictors and mask head.</summary>
    All,
}

/// <summary>A tensor of a detector that came from a file.</summary>
/// <param name="Name">The detector's name.</param>
/// <param name="Source">The file's name, as Soco calls it.</param>
/// <param name="Shape">Its sides.</param>
public sealed record TakenTensor(string Name, string Source, IReadOnlyList<long> Shape);

/// <summary>A tensor of a detector that keeps the values it was made with.</summary>
/// <param name="Name">The detector's name.</param>
/// <param name="Shape">Its sides.</param>
/// <param name="ShapeInFile">The sides of the file's tensor, if there is one that does not fit.</param>
public sealed record FreshTensor(string Name, IReadOnlyList<long> Shape, IReadOnlyList<long>? ShapeInFile);

/// <summary>A tensor of a file that a detector has no place for.</summary>
/// <param name="Source">The file's name, as Soco calls it.</param>
/// <param name="Shape">Its sides.</param>
/// <param name="Nearest">
/// The fresh tensor of the detector whose name is nearest, if one is near; looked for among the first 50 unused ones.
/// </param>
public sealed record UnusedTensor(string Source, IReadOnlyList<long> Shape, string? Nearest);

/// <summary>What became of a file's tensors in a detector.</summary>
/// <param name="File">The file.</param>
/// <param name="Parts">The parts that were asked for.</param>
/// <param name="Taken">The detector's tensors that came from the file.</param>
/// <param name="Fresh">The detector's tensors that did not.</param>
/// <param name="Unused">The file's tensors of these parts that the detector has no place for.</param>
/// <param name="LeftOut">How many tensors of the file belong to other parts, such as the projector.</param>
public sealed record TransferReport(
    string File,
    TransferParts Parts,
    IReadOnlyList<TakenTensor> Taken,
    IReadOnlyList<FreshTensor> Fresh,
    IReadOnlyList<UnusedTensor> Unused,
    int LeftOut
)
{
    /// <summary>What came over, as one sentence: counts, and the parts that begin fresh.</summary>
    public string Describe()
    {
        int misshaped = Fresh.Count(tensor => tensor.ShapeInFile is not null);
        return $"{Taken.Count} tensors come from {File}, {Fresh.Count} begin fresh"
            + (Fresh.Count == 0 ? "" : $" ({string.Join(", ", Fresh.Select(tensor => PartOf(tensor.Name)).Distinct())})")
            + (misshaped == 0 ? "" : $", {misshaped} of them because their shapes differ")
            + (Unused.Count == 0 ? "" : $"; {Unused.Count} of the file have no place")
            + (LeftOut == 0 ? "." : $"; {LeftOut} of other parts are left out.");
    }

    /// <summary>The first two parts of a name: <c>backbone.fpn</c>, <c>rpn.head</c>, <c>roi_heads.box_head</c>.</summary>
    public static string PartOf(string name) => string.Join('.', name.Split('.').Take(2));
}
