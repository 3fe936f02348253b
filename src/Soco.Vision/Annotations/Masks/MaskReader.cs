using System.Runtime.InteropServices;
using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Masks;

/// <summary>What a <c>segmentation</c> says, before its image is known.</summary>
/// <param name="Polygons">Polygons of three corners and more; null where it is no list of polygons.</param>
/// <param name="Runs">Run lengths; null where it has none.</param>
/// <param name="ShortPolygons">Polygons of fewer than three corners, left out.</param>
/// <param name="Error">Why it cannot be used, as the rest of a sentence; null where it can.</param>
internal readonly record struct MaskEntry(List<double[]>? Polygons, RunLengthMask? Runs, int ShortPolygons, string? Error);

/// <summary>
/// Reads masks in COCO's JSON: lists of polygons, one polygon without the list around it, run lengths as a list, and run lengths as text.
/// A mask that is none of these is passed over, since boxes can be used without it.
/// </summary>
internal sealed class MaskReader
{
    private const string APolygon = "a polygon, [x, y, x, y, ...] in pixels";

    private readonly List<double> _corners = [];
    private readonly List<int> _counts = [];
    private byte[] _text = [];

    /// <summary>Reads the mask after a property's name.</summary>
    public MaskEntry Read(ref JsonTokens json)
    {
        json.Read();
        int depth = json.Depth;
        try
        {
            switch (json.Type)
            {
                case JsonTokenType.Null:
                    return default;
                case JsonTokenType.StartArray:
                    return ReadPolygons(ref json);
                case JsonTokenType.StartObject:
                    return ReadRuns(ref json);
                default:
                    return Damaged(Wrong(json, "a mask: a list of polygons, or an object with \"counts\" and \"size\"").Message);
            }
        }
        catch (FormatException error)
        {
            json.SkipToEnd(depth);
            return Damaged(error.Message);
        }
    }

    private MaskEntry ReadPolygons(ref JsonTokens json)
    {
        var polygons = new List<double[]>(1);
        int tooShort = 0;
        _corners.Clear();
        while (json.NextItem())
        {
            if (json.Type != JsonTokenType.StartArray && polygons.Count + tooShort == 0)
            {
                // One polygon, not in a list.
                ReadCorners(ref json);
                Add();
                break;
            }

            if (json.Type != JsonTokenType.StartArray)
            {
                throw Wrong(json, APolygon);
            }

            if (json.NextItem())
            {
                ReadCorners(ref json);
            }

            Add();
        }

        return new MaskEntry(polygons, null, tooShort, null);

        void Add()
        {
            if (_corners.Count % 2 != 0)
            {
                throw new FormatException("the last corner of a polygon has no y");
            }

            if (_corners.Count < 2 * PolygonMask.LeastCorners)
            {
                tooShort++;
            }
            else
            {
                polygons.Add([.. _corners]);
            }

            _corners.Clear();
        }
    }

    /// <summary>Reads coordinates from the token on, to the end of their list.</summary>
    private void ReadCorners(ref JsonTokens json)
    {
        do
        {
            double coordinate = json.TryDouble(out double number) ? number : throw Wrong(json, APolygon);
            _corners.Add(Math.Abs(coordinate) < JsonBoxes.Beyond ? coordinate : throw Wrong(json, "a finite coordinate of a polygon"));
        } while (json.NextItem());
    }

    private MaskEntry ReadRuns(ref JsonTokens json)
    {
        int textLength = -1;
        bool known = false;
        (int height, int width) = (0, 0);
        _counts.Clear();
        while (json.NextName())
        {
            if (json.Is("size"u8))
            {
                (height, width) = ReadSize(ref json);
            }
            else if (json.Is("counts"u8))
            {
                json.Read();
                known = true;
                if (json.Type == JsonTokenType.String)
                {
                    textLength = json.Text(ref _text).Length;
                    continue;
                }

                if (json.Type != JsonTokenType.StartArray)
                {
                    throw Wrong(json, "run lengths: a text or a list");
                }

                while (json.NextItem())
                {
                    _counts.Add(Whole(json, "the length of a run, a whole number"));
                }
            }
            else
            {
                json.SkipValue();
            }
        }

        if (!known || width < 1 || height < 1)
        {
            return Damaged($"it needs \"counts\", and \"size\" as [height, width] of 1 or more ({height}, {width} is given)");
        }

        try
        {
            RunLengthMask runs =
                textLength >= 0
                    ? RunLengthText.Parse(_text.AsSpan(0, textLength), width, height)
                    : RunLengthMask.FromCounts(CollectionsMarshal.AsSpan(_counts), width, height);
            return new MaskEntry(null, runs, 0, null);
        }
        catch (SocoDataException error)
        {
            return Damaged(error.Message.TrimEnd('.'));
        }
    }

    private static (int Height, int Width) ReadSize(ref JsonTokens json)
    {
        const string what = "a mask's size, [height, width]";
        json.Read();
        if (json.Type != JsonTokenType.StartArray)
        {
            throw Wrong(json, what);
        }

        int[] size = [0, 0];
        for (int i = 0; json.NextItem(); i++)
        {
            size[i < 2 ? i : throw Wrong(json, $"the end of {what}")] = Whole(json, what);
        }

        return (size[0], size[1]);
    }

    private static int Whole(in JsonTokens json, string what) =>
        json.TryDouble(out double value) && value == Math.Floor(value) && Math.Abs(value) <= int.MaxValue
            ? (int)value
            : throw Wrong(json, what);

    private static FormatException Wrong(in JsonTokens json, string what) => new($"byte {json.Byte} should be {what}, and is {json.Found}");

    private static MaskEntry Damaged(string reason) => new(null, null, 0, reason);
}
