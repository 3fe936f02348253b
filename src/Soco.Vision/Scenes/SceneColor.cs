using System.Numerics;

namespace Soco.Vision.Scenes;

/// <summary>
/// Colors as people see them: lightness, chroma and hue of the Oklab space (Ottosson, 2020), turned into linear light, in which scenes are
/// lit and blended.
/// </summary>
internal static class SceneColor
{
    private const int Levels = 4096;
    private static readonly byte[] s_srgb = BuildSrgb();

    /// <summary>Linear red, green and blue in [0, 1].</summary>
    /// <param name="lightness">0 black to 1 white.</param>
    /// <param name="chroma">0 grey to about 0.3; what no screen shows is clipped.</param>
    /// <param name="hue">Radians.</param>
    public static Vector3 Linear(double lightness, double chroma, double hue)
    {
        double a = chroma * Math.Cos(hue);
        double b = chroma * Math.Sin(hue);
        double l = Cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
        double m = Cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
        double s = Cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
        var color = new Vector3(
            (float)(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
            (float)(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
            (float)(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)
        );
        return Vector3.Clamp(color, Vector3.Zero, Vector3.One);
    }

    /// <summary>The sRGB byte of a linear value; values outside of [0, 1] are clipped.</summary>
    public static byte ToSrgb(float linear) => s_srgb[(int)(Math.Clamp(linear, 0, 1) * (Levels - 1) + 0.5f)];

    private static double Cube(double x) => x * x * x;

    private static byte[] BuildSrgb()
    {
        var table = new byte[Levels];
        for (int i = 0; i < Levels; i++)
        {
            double linear = i / (Levels - 1.0);
            double srgb = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.Pow(linear, 1 / 2.4) - 0.055;
            table[i] = (byte)Math.Round(255 * srgb);
        }

        return table;
    }
}
