namespace Soco.Detection.Model;

/// <summary>
/// Boxes as offsets from reference boxes: shifts of the center in sides of the reference, and logarithms of the ratios of the sides, each
/// times a weight (Girshick et al., R-CNN, 2014).
/// </summary>
/// <param name="ShiftWeight">Weight of the center's shifts.</param>
/// <param name="ScaleWeight">Weight of the logarithms.</param>
internal sealed record BoxCoder(float ShiftWeight, float ScaleWeight)
{
    /// <summary>Of the RPN.</summary>
    public static BoxCoder Proposals { get; } = new(1, 1);

    /// <summary>Of the box head.</summary>
    public static BoxCoder Detections { get; } = new(10, 5);

    /// <summary>A side grows at most to that of a 1000 pixel image from one cell of 16 pixels.</summary>
    public static float LargestLogScale { get; } = (float)Math.Log(1000.0 / 16);

    /// <summary>Offsets of a box from a reference.</summary>
    /// <param name="reference">An anchor or a proposal, of positive area.</param>
    /// <param name="box">The object, of positive area.</param>
    /// <param name="offsets">Takes dx, dy, dw, dh.</param>
    public void Encode(Corners reference, Corners box, Span<float> offsets)
    {
        float centerX = reference.X1 + 0.5f * reference.Width,
            centerY = reference.Y1 + 0.5f * reference.Height;
        offsets[0] = ShiftWeight * (box.X1 + 0.5f * box.Width - centerX) / reference.Width;
        offsets[1] = ShiftWeight * (box.Y1 + 0.5f * box.Height - centerY) / reference.Height;
        offsets[2] = ScaleWeight * MathF.Log(box.Width / reference.Width);
        offsets[3] = ScaleWeight * MathF.Log(box.Height / reference.Height);
    }

    /// <summary>The box at given offsets from a reference.</summary>
    /// <param name="reference">An anchor or a proposal.</param>
    /// <param name="offsets">dx, dy, dw, dh.</param>
    public Corners Decode(Corners reference, ReadOnlySpan<float> offsets)
    {
        float centerX = offsets[0] / ShiftWeight * reference.Width + (reference.X1 + 0.5f * reference.Width);
        float centerY = offsets[1] / ShiftWeight * reference.Height + (reference.Y1 + 0.5f * reference.Height);
        float halfWidth = 0.5f * (MathF.Exp(Math.Min(offsets[2] / ScaleWeight, LargestLogScale)) * reference.Width);
        float halfHeight = 0.5f * (MathF.Exp(Math.Min(offsets[3] / ScaleWeight, LargestLogScale)) * reference.Height);
        return new Corners(centerX - halfWidth, centerY - halfHeight, centerX + halfWidth, centerY + halfHeight);
    }
}
