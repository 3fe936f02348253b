namespace Soco.Vision.Scenes;

/// <summary>How scenes are drawn.</summary>
public sealed record SceneOptions
{
    /// <summary>Columns of an image, at least 32.</summary>
    public int Width { get; init; } = 320;

    /// <summary>Rows of an image, at least 32.</summary>
    public int Height { get; init; } = 240;

    /// <summary>The fewest objects of an image, at least 1.</summary>
    public int MinObjects { get; init; } = 2;

    /// <summary>The most objects of an image; some of them may be hidden.</summary>
    public int MaxObjects { get; init; } = 6;

    /// <summary>The smallest diameter of an object as a share of the shorter side, above 0.</summary>
    public double MinSize { get; init; } = 0.15;

    /// <summary>The largest diameter of an object as a share of the shorter side, at most 1.</summary>
    public double MaxSize { get; init; } = 0.6;

    /// <summary>An object is annotated when at least this share of its silhouette is seen, 0 to 1.</summary>
    public double MinVisible { get; init; } = 0.25;

    /// <exception cref="SocoRequestException">A value is out of its range.</exception>
    internal void Check()
    {
        Require(Width >= 32 && Height >= 32, $"A scene of {Width} x {Height} pixels is too small; take 32 x 32 or more.");
        Require(
            MinObjects >= 1 && MaxObjects >= MinObjects && MaxObjects < SceneCanvas.MostObjects,
            $"A scene cannot have {MinObjects} to {MaxObjects} objects; take 1 to {SceneCanvas.MostObjects - 1}, the fewest first."
        );
        Require(
            MinSize > 0 && MaxSize >= MinSize && MaxSize <= 1,
            $"Objects cannot be {MinSize} to {MaxSize} of the shorter side; take shares above 0 and up to 1, the smallest first."
        );
        Require(MinVisible is >= 0 and <= 1, $"A visible share of {MinVisible} is not within 0 to 1.");
    }

    private static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new SocoRequestException(sentence);
        }
    }
}
