using System.Globalization;
using System.Xml.Linq;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Annotations.Cvat;

/// <summary>The numbers of a shape in an XML of CVAT.</summary>
/// <param name="shape">The element.</param>
/// <param name="where">What error sentences call it.</param>
internal sealed class ShapeNumbers(XElement shape, string where)
{
    /// <summary>The four corners of a box, turned around its center by its rotation, which is in degrees.</summary>
    public double[] Box()
    {
        double left = Number("xtl"),
            top = Number("ytl"),
            right = Number("xbr"),
            bottom = Number("ybr");
        return Rotation == 0
            ? [left, top, right, bottom]
            : Turned((left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2);
    }

    /// <summary>Two corners of the box around an ellipse.</summary>
    public double[] Ellipse()
    {
        (double x, double y, double wide, double high) = (Number("cx"), Number("cy"), Number("rx"), Number("ry"));
        (double sine, double cosine) = Math.SinCos(Rotation * Math.PI / 180);
        (double across, double down) = (double.Hypot(wide * cosine, high * sine), double.Hypot(wide * sine, high * cosine));
        return [x - across, y - down, x + across, y + down];
    }

    /// <summary>The points <c>x,y;x,y;...</c>.</summary>
    public double[] Points()
    {
        double[] points =
        [
            .. Text("points").Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse),
        ];
        return points.Length % 2 == 0 ? points : throw new SocoDataException($"{where} has an odd number of coordinates.");
    }

    /// <summary>The pixels of a mask: runs of 0 and 1 in turn, row by row, in a part of the image.</summary>
    public RunLengthMask Mask(int width, int height)
    {
        var place = new BoxXywh(Whole("left"), Whole("top"), Whole("width"), Whole("height"));
        if (
            place.X < 0
            || place.Y < 0
            || place.Width < 1
            || place.Height < 1
            || place.X > width - place.Width
            || place.Y > height - place.Height
        )
        {
            throw new SocoDataException($"{where} does not lie in its image of {width} x {height} pixels.");
        }

        byte[] pixels = new byte[checked(place.Width * place.Height)];
        int at = 0;
        foreach (
            (int i, double run) in Text("rle")
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(Parse)
                .Index()
        )
        {
            if (run < 0 || run > pixels.Length - at)
            {
                throw new SocoDataException($"{where} has runs of more than its {pixels.Length} pixels.");
            }

            pixels.AsSpan(at, (int)run).Fill((byte)(i % 2));
            at += (int)run;
        }

        return RunLengthMask.Encode(pixels, place, width, height);
    }

    private double Rotation => shape.Attribute("rotation") is { Value: var value } ? Parse(value) : 0;

    private double[] Turned(double x, double y, double halfWidth, double halfHeight)
    {
        (double sine, double cosine) = Math.SinCos(Rotation * Math.PI / 180);
        return
        [
            .. new[] { (-1, -1), (1, -1), (1, 1), (-1, 1) }.SelectMany(corner =>
                new[]
                {
                    x + corner.Item1 * halfWidth * cosine - corner.Item2 * halfHeight * sine,
                    y + corner.Item1 * halfWidth * sine + corner.Item2 * halfHeight * cosine,
                }
            ),
        ];
    }

    private string Text(string name) => (string?)shape.Attribute(name) ?? throw new SocoDataException($"{where} has no {name}.");

    private double Number(string name) => Parse(Text(name));

    private int Whole(string name) =>
        Number(name) is >= int.MinValue and <= int.MaxValue and var value
            ? (int)value
            : throw new SocoDataException($"{where}: {name} is no whole number.");

    private double Parse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw new SocoDataException($"{where}: \"{text}\" is no number.");
}
