using System.Xml.Linq;
using Soco.Reports.Html;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports;

/// <summary>The part of a page that shows which classes the best detector of a fine-tuning takes for which.</summary>
internal sealed class ConfusionSection
{
    /// <summary>Classes of the matrix; with more it cannot be read.</summary>
    private const int MostClasses = 20;

    /// <summary>Confusions that are told in words.</summary>
    private const int MostPhrases = 10;

    private readonly double _score;
    private readonly string[] _names;
    private readonly int[,] _counts;

    private ConfusionSection(double score, EvaluationReading.MeasuredType boxes, IEnumerable<EvaluationReading.ConfusionCount> counts)
    {
        _score = score;
        (int Id, string Name)[] classes =
        [
            .. boxes
                .Categories.Where(category => category.ContainsKey("id") && category.ContainsKey("name"))
                .Select(category => (category["id"].GetInt32(), category["name"].GetString() ?? ""))
                .DistinctBy(known => known.Item1),
        ];
        _names = [.. classes.Select(known => known.Name)];
        Dictionary<int, int> places = Enumerable.Range(0, classes.Length).ToDictionary(place => classes[place].Id);
        _counts = new int[Background + 1, Background + 1];
        foreach ((int? truth, int? detected, int count) in counts.Where(known => known.Count > 0))
        {
            if (PlaceOf(truth) is { } row && PlaceOf(detected) is { } column)
            {
                _counts[row, column] = count;
            }
        }

        int? PlaceOf(int? id) =>
            id is not { } known ? Background
            : places.TryGetValue(known, out int place) ? place
            : null;
    }

    private int Background => _names.Length;

    private IEnumerable<int> All => Enumerable.Range(0, Background + 1);

    /// <summary>The part; null where there is no matrix, or one class alone, whose errors are those of the head.</summary>
    public static XElement? Draw(RunReading run) =>
        run.Evaluation is { Bbox.Categories.Count: > 1, Confusion.Counts: { } counts }
            ? new ConfusionSection(run.Evaluation.Errors.Score, run.Evaluation.Bbox, counts).Draw()
            : null;

    private XElement? Draw()
    {
        int[] used = [.. All.Where(place => place != Background && ObjectsOf(place) + DetectionsOf(place) > 0)];
        if (used.Length == 0)
        {
            return null;
        }

        int[] shown = [.. used.OrderByDescending(ConfusionsOf).ThenByDescending(ErrorsOf).Take(MostClasses).Order(), Background];
        string[] phrases = [.. Phrases().Take(MostPhrases)];
        return El(
            "section",
            El("h2", "Confused classes"),
            El(
                "p",
                Class("lead"),
                "A row is a class of the truth, a column what its objects were detected as. "
                    + $"Detections of a score of {Show.Fixed(_score, 2)} and above, matched by the largest IoU, 0.5 or more, whatever their class."
            ),
            used.Length <= MostClasses
                ? null
                : El(
                    "p",
                    $"Of {Show.Count(used.Length)} classes the {MostClasses} with the most confusions are shown; evaluation.json has all."
                ),
            Map(shown).Draw(),
            phrases.Length == 0 ? El("p", "No object was taken for one of another class.") : El("h3", "The largest confusions"),
            phrases.Length == 0 ? null : El("ol", phrases.Select(phrase => El("li", phrase)))
        );
    }

    private HeatMap Map(int[] shown) =>
        new()
        {
            Caption =
                "Number of objects; in the last row, of detections where no object is. Blue is right, orange another class, gray missed or no object; the stronger, the larger its share of the row, "
                + "or in the last row of the column",
            RowTitle = "truth",
            ColumnTitle = "detected as",
            Rows = [.. shown.Select(place => place == Background ? "no object" : _names[place])],
            Columns = [.. shown.Select(place => place == Background ? "missed" : _names[place])],
            Cells = [.. shown.Select(truth => shown.Select(detected => CellOf(truth, detected)).ToArray())],
        };

    private HeatCell? CellOf(int truth, int detected)
    {
        int count = _counts[truth, detected];
        if (count == 0)
        {
            return null;
        }

        if (truth == Background)
        {
            int detections = DetectionsOf(detected);
            return new HeatCell(
                count,
                (double)count / detections,
                HeatKind.Nothing,
                $"{Show.Count(count)} of {Show.Count(detections, "detection")} of {_names[detected]} are where no object is"
            );
        }

        int objects = ObjectsOf(truth);
        double share = (double)count / objects;
        string begin = $"{Show.Count(count)} of {Show.Count(objects, "object")} of {_names[truth]} ({Show.Hundredths(share)}\u00a0%) ";
        return detected == Background ? new HeatCell(count, share, HeatKind.Nothing, $"{begin}missed")
            : detected == truth ? new HeatCell(count, share, HeatKind.Right, $"{begin}found")
            : new HeatCell(count, share, HeatKind.Wrong, $"{begin}taken for {_names[detected]}");
    }

    private IEnumerable<string> Phrases() =>
        from truth in All
        from detected in All
        where truth != Background && detected != Background && truth != detected && _counts[truth, detected] > 0
        let share = (double)_counts[truth, detected] / ObjectsOf(truth)
        orderby _counts[truth, detected] descending, share descending
        select $"{_names[truth]} taken for {_names[detected]}: {Show.Count(_counts[truth, detected])} of {Show.Count(ObjectsOf(truth), "object")}, {Show.Hundredths(share)}\u00a0%";

    private int ObjectsOf(int truth) => All.Sum(detected => _counts[truth, detected]);

    private int DetectionsOf(int detected) => All.Sum(truth => _counts[truth, detected]);

    private int ConfusionsOf(int place) => ErrorsOf(place) - _counts[place, Background] - _counts[Background, place];

    private int ErrorsOf(int place) => ObjectsOf(place) + DetectionsOf(place) - (2 * _counts[place, place]);
}
