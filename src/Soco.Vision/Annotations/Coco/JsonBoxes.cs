using System.Text.Json;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>Boxes in COCO's JSON: <c>[x, y, width, height]</c>.</summary>
internal static class JsonBoxes
{
    /// <summary>Coordinates that are not finite, and those that no image reaches.</summary>
    public const double Beyond = 1e9;

    /// <summary>Reads the box after a property's name; null where it is <c>null</c> or <c>[]</c>.</summary>
    public static CocoBox? Read(ref JsonTokens json)
    {
        const string what = "a box, [x, y, width, height]";
        json.Read();
        if (json.Type == JsonTokenType.Null)
        {
            return null;
        }

        json.Need(JsonTokenType.StartArray, what);
        Span<double> numbers = stackalloc double[4];
        int count = 0;
        while (json.NextItem())
        {
            numbers[count < 4 ? count : throw json.Wrong("the end of a box of 4 numbers")] = json.Double(what);
            count++;
        }

        return count switch
        {
            0 => null,
            4 => new CocoBox(numbers[0], numbers[1], numbers[2], numbers[3]),
            _ => throw json.Wrong(what),
        };
    }

    /// <summary>Whether a box is one that an image can hold.</summary>
    public static bool IsFinite(CocoBox box) =>
        Math.Abs(box.X) < Beyond && Math.Abs(box.Y) < Beyond && Math.Abs(box.Width) < Beyond && Math.Abs(box.Height) < Beyond;
}
