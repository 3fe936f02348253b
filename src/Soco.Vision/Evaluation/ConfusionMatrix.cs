using System.Text;
using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Evaluation;

/// <summary>
/// Which class objects are detected as, by boxes at IoU 0.5 and from one score on. Matching knows no classes: in each image the pairs of a
/// detection and an object whose IoU is 0.5 or more are taken by falling IoU, each detection and each object once; of equal IoUs those of
/// the same class come first, then the surer detection. An object left over is missed, and a detection left over is of the background.
/// </summary>
/// <remarks>
/// The rule is that of YOLOv5's and Ultralytics' <c>ConfusionMatrix</c> (after K. Akan's object_detection_confusion_matrix), with two
/// differences: a detection whose object is taken may still take the next one, and the IoU is COCO's 0.5 and not 0.45. TIDE (Bolya et al.,
/// 2020) matches within a class first and calls only what is left a classification error; here a detection of another class that lies
/// better takes the object. So the diagonal can be smaller than <see cref="DetectionErrors.Found"/>. Crowds and difficult objects have no
/// row, and a detection that has no other object and lies on one of them does not count: with half of its own area on a crowd, or at IoU
/// 0.5 of a difficult object.
/// </remarks>
public sealed class ConfusionMatrix
{
    private readonly Dictionary<int, int> _places;
    private readonly int[,] _counts;

    private ConfusionMatrix(CocoCategory[] classes, double score)
    {
        (Classes, Score) = (classes, score);
        _places = Enumerable.Range(0, classes.Length).ToDictionary(place => classes[place].Id);
        _counts = new int[classes.Length + 1, classes.Length + 1];
    }

    /// <summary>The classes, in rising order of their ids.</summary>
    public IReadOnlyList<CocoCategory> Classes { get; }

    /// <summary>The place after the last class: objects that were missed as a column, detections of no object as a row.</summary>
    public int Background => Classes.Count;

    /// <summary>Detections of this score and above count.</summary>
    public double Score { get; }

    /// <summary>
    /// How many objects of a class were detected as a class. Background as background is 0: nothing can be counted there.
    /// </summary>
    /// <param name="truth">Place in <see cref="Classes"/>, or <see cref="Background"/>: detections of no object.</param>
    /// <param name="detected">Place in <see cref="Classes"/>, or <see cref="Background"/>: objects that were missed.</param>
    /// <exception cref="IndexOutOfRangeException">A place is beyond the background.</exception>
    public int this[int truth, int detected] => _counts[truth, detected];

    /// <summary>Counts the detections of all images.</summary>
    /// <param name="truth">Images, categories and objects.</param>
    /// <param name="detections">
    /// In any order; of an image and class the 100 surest count, as in COCO's metrics. Those of categories that the truth has not are left
    /// out.
    /// </param>
    /// <param name="score">Detections of this score and above count, such as <see cref="DetectionErrors.Score"/>.</param>
    /// <exception cref="SocoDataException">A detection is of an image that the truth has not, or its score is not finite.</exception>
    public static ConfusionMatrix Of(CocoDataset truth, IReadOnlyList<CocoDetection> detections, double score)
    {
        var cells = new Cells(truth, detections, DetectionErrors.MostDetections);
        var matrix = new ConfusionMatrix(cells.Categories, score);
        ILookup<long, CocoAnnotation> objects = cells.Objects.ToLookup(item => item.ImageId);
        ILookup<long, CocoDetection> found = cells.Detections.Where(item => item.Score >= score).ToLookup(item => item.ImageId);
        foreach (CocoImage image in truth.Images)
        {
            matrix.Count([.. objects[image.Id]], [.. found[image.Id].OrderByDescending(item => item.Score)]);
        }

        return matrix;
    }

    /// <summary>Writes the matrix as a table, a row for each class of the truth: whole or not at all.</summary>
    /// <param name="path">A CSV file; its folder is made if it is missing.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public void SaveCsv(string path)
    {
        string[] names = [.. Classes.Select(category => CsvText.Quote(category.Name)), "background"];
        var text = new StringBuilder($"truth\\detected,{string.Join(',', names)}\n");
        for (int truth = 0; truth <= Background; truth++)
        {
            text.Append(
                $"{names[truth]},{string.Join(',', Enumerable.Range(0, names.Length).Select(detected => _counts[truth, detected]))}\n"
            );
        }

        AtomicFile.Write(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>
    /// Writes the matrix into an object that is open: score, IoU, and the counts above 0 with the ids of their categories, null for the
    /// background.
    /// </summary>
    /// <param name="json">Where to.</param>
    public void Write(Utf8JsonWriter json)
    {
        WriteNumber("score", double.IsFinite(Score) ? Score : null);
        json.WriteNumber("iou", DetectionErrors.IouThreshold);
        json.WriteStartArray("counts");
        for (int truth = 0; truth <= Background; truth++)
        {
            for (int detected = 0; detected <= Background; detected++)
            {
                if (_counts[truth, detected] > 0)
                {
                    json.WriteStartObject();
                    WriteNumber("truth", IdOf(truth));
                    WriteNumber("detected", IdOf(detected));
                    json.WriteNumber("count", _counts[truth, detected]);
                    json.WriteEndObject();
                }
            }
        }

        json.WriteEndArray();

        double? IdOf(int place) => place == Background ? null : Classes[place].Id;

        void WriteNumber(string name, double? number)
        {
            if (number is { } value)
            {
                json.WriteNumber(name, value);
            }
            else
            {
                json.WriteNull(name);
            }
        }
    }

    /// <summary>Counts an image.</summary>
    /// <param name="objects">All of its objects.</param>
    /// <param name="found">Its detections, the surest first.</param>
    private void Count(CocoAnnotation[] objects, CocoDetection[] found)
    {
        ILookup<bool, CocoAnnotation> known = objects.ToLookup(item => Matching.IsIgnored(item, SizeRange.Ranges[SizeRange.All]));
        CocoAnnotation[] sought = [.. known[false]],
            ignored = [.. known[true]];
        int[] takenBy = TakenBy(sought, found);
        for (int i = 0; i < sought.Length; i++)
        {
            _counts[_places[sought[i].CategoryId], takenBy[i] < 0 ? Background : _places[found[takenBy[i]].CategoryId]]++;
        }

        HashSet<int> matched = [.. takenBy];
        foreach (CocoDetection left in found.Where((_, place) => !matched.Contains(place)))
        {
            _counts[Background, _places[left.CategoryId]] += ignored.Any(item => IouOf(left, item) >= DetectionErrors.IouThreshold) ? 0 : 1;
        }
    }

    /// <summary>The place of the detection that takes each object; -1 where none does.</summary>
    private static int[] TakenBy(CocoAnnotation[] sought, CocoDetection[] found)
    {
        int[] takenBy = [.. Enumerable.Repeat(-1, sought.Length)];
        var isMatched = new bool[found.Length];
        var pairs =
            from detection in Enumerable.Range(0, found.Length)
            from item in Enumerable.Range(0, sought.Length)
            let iou = IouOf(found[detection], sought[item])
            where iou >= DetectionErrors.IouThreshold
            orderby iou descending, found[detection].CategoryId == sought[item].CategoryId descending, detection
            select (Detection: detection, Item: item);
        foreach ((int detection, int item) in pairs)
        {
            if (!isMatched[detection] && takenBy[item] < 0)
            {
                (isMatched[detection], takenBy[item]) = (true, detection);
            }
        }

        return takenBy;
    }

    private static double IouOf(CocoDetection found, CocoAnnotation item) => BoxOverlaps.Iou(found.Box, item.Box, item.IsCrowd);
}
