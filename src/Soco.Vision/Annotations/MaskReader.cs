using System.Runtime.InteropServices;
using System.Text.Json;

namespace Soco.Annotations;

/// <summary>What a <c>segmentation</c> says, before its image is known.</summary>
/// <param name="Polygons">Polygons of three corners and more; null where it is no list of polygons.</param>
/// <param name="Runs">Run lengths; null where it has none.</param>
/// <param name="ShortPolygons">Polygons of fewer than three corners, left out.</param>
/// <param name="Error">Why run lengths cannot be used; null where they can.</param>
internal readonly record struct MaskEntry(List<double[]>? Polygons, RunLengthMask? Runs, int ShortPolygons, string? Error);

/// <summary>Reads masks in COCO's JSON: lists of polygons, run lengths as a list, and run lengths as text.</summary>
internal sealed class MaskReader
{
    private readonly List<double> _corners = [];
    private readonly List<int> _counts = [];
    private byte[] _text = [];

    /// <summary>Reads the mask after a property's name.</summary>
    public MaskEntry Read(ref JsonTokens json)
    {
        json.Read();
        return json.Type switch
        {
            JsonTokenType.Null => default,
            JsonTokenType.StartArray => ReadPolygons(ref json),
            JsonTokenType.StartObject => ReadRuns(ref json),
            _ => throw json.Wrong("a mask: a list of polygons, or an object with \"counts\" and \"size\""),
        };
    }

    private MaskEntry ReadPolygons(ref JsonTokens json)
    {
        const string what = "a polygon, [x, y, x, y, ...] in pixels";
        var polygons = new List<double[]>(1);
        int tooShort = 0;
        while (json.NextItem())
        {
            json.Need(JsonTokenType.StartArray, what);
            _corners.Clear();
            while (json.NextItem())
            {
                double coordinate = json.Double(what);
                _corners.Add(Math.Abs(coordinate) < JsonBoxes.Beyond ? coordinate : throw json.Wrong("a finite coordinate of a polygon"));
            }

            if (_corners.Count % 2 != 0)
            {
                throw json.Wrong("one more number: this polygon's last corner has no y");
            }

            if (_corners.Count < 2 * PolygonMask.LeastCorners)
            {
                tooShort++;
            }
            else
            {
                polygons.Add([.. _corners]);
            }
        }

        return new MaskEntry(polygons, null, tooShort, null);
    }

    private MaskEntry ReadRuns(ref JsonTokens json)
    {
        int textLength = -1;
        bool known = false;
        Span<int> size = stackalloc int[2];
        size.Clear();
        _counts.Clear();
        while (json.NextName())
        {
            if (json.Is("size"u8))
            {
                json.Expect(JsonTokenType.StartArray, "a mask's size, [height, width]");
                for (int i = 0; json.NextItem(); i++)
                {
                    size[i < 2 ? i : throw json.Wrong("the end of a mask's size, [height, width]")] = json.Int32("a mask's size, [height, width]");
                }
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

                json.Need(JsonTokenType.StartArray, "run lengths: a text or a list");
                while (json.NextItem())
                {
                    _counts.Add(json.Int32("the length of a run, a whole number"));
                }
            }
            else
            {
                json.SkipValue();
            }
        }

        (int height, int width) = (size[0], size[1]);
        if (!known || width < 1 || height < 1)
        {
            return new MaskEntry(null, null, 0, $"it needs \"counts\", and \"size\" as [height, width] of 1 or more ({height}, {width} is given).");
        }

        try
        {
            RunLengthMask runs = textLength >= 0
                ? RunLengthText.Parse(_text.AsSpan(0, textLength), width, height)
                : RunLengthMask.FromCounts(CollectionsMarshal.AsSpan(_counts), width, height);
            return new MaskEntry(null, runs, 0, null);
        }
        catch (SocoDataException error)
        {
            return new MaskEntry(null, null, 0, error.Message);
        }
    }
}
