namespace Soco.Weights;

/// <summary>How sentences and tables write the sides of a tensor.</summary>
internal static class ShapeText
{
    private const int Shown = 16;

    public static string Of(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape.Take(Shown))}{(shape.Count > Shown ? ", ..." : "")}]";
}
