using Soco.Weights.Naming;

namespace Soco.Weights;

/// <summary>How the tensors of a file meet those of a module, by name.</summary>
/// <param name="Source">The file's name.</param>
/// <param name="Matched">In both, with the same shape.</param>
/// <param name="Missing">In the module alone.</param>
/// <param name="Unexpected">In the file alone.</param>
/// <param name="Misshaped">In both, with different shapes: <c>name is [file's] but must be [module's]</c>.</param>
public sealed record StateMatch(
    string Source,
    IReadOnlyList<string> Matched,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<string> Misshaped
)
{
    private const int Shown = 5;

    /// <summary>Whether every tensor of each has its equal in the other.</summary>
    public bool IsExact => Missing.Count + Unexpected.Count + Misshaped.Count == 0;

    /// <summary>What does not fit, as one sentence: counts and the first few names of each kind.</summary>
    public string Describe() =>
        IsExact
            ? $"{Source} fits: all {Matched.Count} tensors match."
            : $"{Source} does not fit this model ({Matched.Count} tensors match): {Differences()}. Take the file of a model with the same architecture and method.";

    /// <summary>What was loaded, and what was not, as one sentence.</summary>
    public string DescribeLoaded() => $"{Matched.Count} tensors come from {Source}{(IsExact ? "" : $": {Differences()}")}.";

    private string Differences()
    {
        string[] strangers =
        [
            .. Unexpected.Select(
                (name, i) => i < Shown && NearestNames.Of(name, Missing) is string near ? $"{name}, near the missing {near}" : name
            ),
        ];
        string[] lists = [List("missing", Missing), List("unexpected", strangers), List("misshaped", Misshaped)];
        return string.Join("; ", lists.Where(text => text.Length > 0));
    }

    /// <summary>A line of <see cref="Misshaped"/>.</summary>
    internal static string Misfit(string name, IReadOnlyList<long> shape, IReadOnlyList<long> needed) =>
        $"{name} is {ShapeText.Of(shape)} but must be {ShapeText.Of(needed)}";

    private static string List(string kind, IReadOnlyList<string> names) =>
        names.Count switch
        {
            0 => "",
            <= Shown => $"{names.Count} {kind} ({string.Join(", ", names)})",
            _ => $"{names.Count} {kind} ({string.Join(", ", names.Take(Shown))}, ...)",
        };
}
