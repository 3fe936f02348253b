using System.Numerics;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;

namespace Soco.Vision.Scenes;

/// <summary>
/// The picture in the making: linear light, and for each pixel the object that is seen there. A pixel belongs to the nearest object that
/// covers at least half of it.
/// </summary>
internal sealed class SceneCanvas(int width, int height)
{
    /// <summary>Objects are numbered from 1 in a byte.</summary>
    public const int MostObjects = 256;

    private readonly Vector3[] _light = new Vector3[width * height];
    private readonly byte[] _owner = new byte[width * height];
    private readonly List<int> _silhouettes = [];

    /// <summary>Columns.</summary>
    public int Width => width;

    /// <summary>Rows.</summary>
    public int Height => height;

    /// <summary>Red, green and blue of a pixel, linear.</summary>
    public Vector3 this[int x, int y]
    {
        get => _light[y * width + x];
        set => _light[y * width + x] = value;
    }

    /// <summary>Darkens what is below an object, on the side away from the lamp.</summary>
    public void CastShadow(SceneBody body, SceneLight light)
    {
        float depth = 0.12f * body.Radius + 1.5f;
        float softness = 0.09f * body.Radius + 1.5f;
        Vector2 offset = -depth * light.Toward;
        float reach = body.Radius + softness;
        (int left, int right) = Span(body.Center.X + offset.X, reach, width);
        (int top, int bottom) = Span(body.Center.Y + offset.Y, reach, height);
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                float distance = body.Distance(body.Local(new Vector2(x + 0.5f, y + 0.5f) - offset)) * body.Radius;
                if (distance < softness)
                {
                    this[x, y] *= 1 - light.ShadowStrength * (1 - SceneNoise.Step(-softness, softness, distance));
                }
            }
        }
    }

    /// <summary>Paints an object over everything that is there.</summary>
    public void Paint(SceneBody body, SceneLight light)
    {
        byte number = checked((byte)(_silhouettes.Count + 1));
        int silhouette = 0;
        (int left, int right) = ((int)MathF.Floor(body.Center.X - body.Radius) - 1, (int)MathF.Ceiling(body.Center.X + body.Radius) + 1);
        (int top, int bottom) = ((int)MathF.Floor(body.Center.Y - body.Radius) - 1, (int)MathF.Ceiling(body.Center.Y + body.Radius) + 1);
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                Vector2 local = body.Local(new Vector2(x + 0.5f, y + 0.5f));
                float distance = body.Distance(local);
                float coverage = Math.Min(0.5f - distance * body.Radius, 1);
                if (coverage <= 0)
                {
                    continue;
                }

                silhouette += coverage >= 0.5f ? 1 : 0;
                if ((uint)x >= (uint)width || (uint)y >= (uint)height)
                {
                    continue;
                }

                this[x, y] = Vector3.Lerp(this[x, y], Surface(body, light, local, distance), coverage);
                if (coverage >= 0.5f)
                {
                    _owner[y * width + x] = number;
                }
            }
        }

        _silhouettes.Add(silhouette);
    }

    /// <summary>Where the object of a number, from 1 in the order of painting, is seen.</summary>
    public RunLengthMask MaskOf(int number)
    {
        var mask = new byte[_owner.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = (byte)(_owner[i] == number ? 1 : 0);
        }

        return RunLengthMask.Encode(mask, width, height);
    }

    /// <summary>How many pixels the object would have if nothing hid it and the image had no edge.</summary>
    public int SilhouetteOf(int number) => _silhouettes[number - 1];

    /// <summary>The picture under the scene's light, with a little grain of the sensor.</summary>
    public RgbImage Develop(SceneLight light, uint grain)
    {
        var image = new RgbImage(width, height);
        var middle = new Vector2(width / 2f, height / 2f);
        float toCorner = 1 / middle.Length();
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                Vector3 color = this[x, y] * light.At((new Vector2(x + 0.5f, y + 0.5f) - middle) * toCorner);
                float noise = 5 * (SceneNoise.Cell(x, y, grain) + SceneNoise.Cell(x, y, grain + 1) - 1);
                int i = 3 * (y * width + x);
                image.Pixels[i] = Develop(color.X, noise);
                image.Pixels[i + 1] = Develop(color.Y, noise);
                image.Pixels[i + 2] = Develop(color.Z, noise);
            }
        }

        return image;
    }

    private static byte Develop(float linear, float noise) => (byte)Math.Clamp(SceneColor.ToSrgb(linear) + noise + 0.5f, 0, 255);

    /// <summary>The color of an object's surface with its rim rounded down to the outline.</summary>
    private static Vector3 Surface(SceneBody body, SceneLight light, Vector2 local, float distance)
    {
        const float Step = 0.01f;
        Vector3 color = body.Color(local);
        float depth = -distance / body.Bevel;
        if (depth >= 1)
        {
            return color;
        }

        var outward =
            new Vector2(body.Distance(local + new Vector2(Step, 0)) - distance, body.Distance(local + new Vector2(0, Step)) - distance)
            / Step;
        (float diffuse, float highlight) = light.On(1.1f * (1 - Math.Max(depth, 0)) * body.ToImage(outward));
        return color * diffuse + new Vector3(highlight);
    }

    private static (int From, int To) Span(float middle, float reach, int limit) =>
        (Math.Clamp((int)MathF.Floor(middle - reach), 0, limit), Math.Clamp((int)MathF.Ceiling(middle + reach), 0, limit));
}
