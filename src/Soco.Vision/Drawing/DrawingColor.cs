namespace Soco.Vision.Drawing;

/// <summary>A color to draw with: sRGB, 8 bits a channel.</summary>
public readonly record struct DrawingColor(byte R, byte G, byte B)
{
    /// <summary>White.</summary>
    public static DrawingColor White => new(255, 255, 255);

    /// <summary>The near-black that text is set in on a light ground.</summary>
    public static DrawingColor Ink => new(24, 26, 30);

    /// <summary>White or ink, whichever reads better on this color.</summary>
    public DrawingColor Lettering => 0.299 * R + 0.587 * G + 0.114 * B < 140 ? White : Ink;

    /// <summary>The color on the way to another: 0 gives this one, 1 the other.</summary>
    internal DrawingColor Towards(DrawingColor other, double share) =>
        new(Mix(R, other.R, share), Mix(G, other.G, share), Mix(B, other.B, share));

    private static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + (to - from) * share);
}
