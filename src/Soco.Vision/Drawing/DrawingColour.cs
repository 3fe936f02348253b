namespace Soco.Vision.Drawing;

/// <summary>A colour to draw with: sRGB, 8 bits a channel.</summary>
public readonly record struct DrawingColour(byte R, byte G, byte B)
{
    /// <summary>White.</summary>
    public static DrawingColour White => new(255, 255, 255);

    /// <summary>The near-black that text is set in on a light ground.</summary>
    public static DrawingColour Ink => new(24, 26, 30);

    /// <summary>White or ink, whichever reads better on this colour.</summary>
    public DrawingColour Lettering => 0.299 * R + 0.587 * G + 0.114 * B < 140 ? White : Ink;

    /// <summary>The colour on the way to another: 0 gives this one, 1 the other.</summary>
    internal DrawingColour Towards(DrawingColour other, double share) =>
        new(Mix(R, other.R, share), Mix(G, other.G, share), Mix(B, other.B, share));

    private static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + (to - from) * share);
}
