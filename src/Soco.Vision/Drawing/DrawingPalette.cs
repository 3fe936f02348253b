namespace Soco.Vision.Drawing;

/// <summary>
/// One color per id, always the same. The seven hues are those of Okabe and Ito (<i>Color Universal Design</i>, 2008), which people with
/// any of the common color deficiencies tell apart; ids 7 to 13 take them lighter, 14 to 20 darker, and then they come again.
/// </summary>
public static class DrawingPalette
{
    private static readonly DrawingColor[] s_hues =
    [
        new(230, 159, 0), // orange
        new(86, 180, 233), // sky blue
        new(213, 94, 0), // vermilion
        new(0, 158, 115), // bluish green
        new(240, 228, 66), // yellow
        new(204, 121, 167), // reddish purple
        new(0, 114, 178), // blue
    ];

    /// <summary>How many ids have a color of their own.</summary>
    public static int Count => 3 * s_hues.Length;

    /// <summary>The color of an id; ids that differ by a multiple of <see cref="Count"/> share one.</summary>
    /// <param name="id">Any integer, 0 the first.</param>
    public static DrawingColor Of(int id)
    {
        int slot = (int)((id % (long)Count + Count) % Count);
        DrawingColor hue = s_hues[slot % s_hues.Length];
        return (slot / s_hues.Length) switch
        {
            0 => hue,
            1 => hue.Towards(DrawingColor.White, 0.5),
            _ => hue.Towards(DrawingColor.Ink, 0.45),
        };
    }
}
