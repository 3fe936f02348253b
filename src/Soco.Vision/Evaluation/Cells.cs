using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>One category in one image: its detections, the surest first, and its objects, in the order of the file.</summary>
/// <param name="FirstDetection">Place of its first detection.</param>
/// <param name="DetectionsEnd">The place after its last.</param>
/// <param name="FirstObject">Place of its first object.</param>
/// <param name="ObjectsEnd">The place after its last.</param>
/// <param name="Exhaustive">Whether every object is marked; where not, a detection that finds none is not wrong (LVIS).</param>
internal readonly record struct Cell(int FirstDetection, int DetectionsEnd, int FirstObject, int ObjectsEnd, bool Exhaustive)
{
    /// <summary>How many detections count.</summary>
    public int Detections => DetectionsEnd - FirstDetection;

    /// <summary>How many objects there are.</summary>
    public int Objects => ObjectsEnd - FirstObject;
}

/// <summary>
/// Detections and objects laid out flat, category by category, and in a category image by image in rising order of their ids. Detections
/// beyond the largest number that counts are not there.
/// </summary>
internal sealed class Cells
{
    private readonly Dictionary<long, CocoImage> _images;

    /// <summary>Lays everything out.</summary>
    /// <param name="truth">Images, categories and objects.</param>
    /// <param name="detections">Detections; those of categories that are not in the truth are left out.</param>
    /// <param name="most">How many detections of a cell count.</param>
    /// <param name="federated">Whether what the images say of categories that are not marked exhaustively counts (LVIS).</param>
    /// <exception cref="SocoDataException">A detection is of an image that is not in the truth, or its score is not finite.</exception>
    public Cells(CocoDataset truth, IReadOnlyList<CocoDetection> detections, int most, bool federated = false)
    {
        Categories = [.. truth.Categories.OrderBy(category => category.Id)];
        CocoImage[] images = [.. truth.Images.OrderBy(image => image.Id)];
        _images = images.ToDictionary(image => image.Id);
        Dictionary<int, int> categoryPlaces = Enumerable.Range(0, Categories.Length).ToDictionary(i => Categories[i].Id);
        Dictionary<long, int> imagePlaces = Enumerable.Range(0, images.Length).ToDictionary(i => images[i].Id);

        CocoAnnotation[] objects = [.. truth.Annotations];
        int[] objectImages = Array.ConvertAll(objects, found => imagePlaces[found.ImageId]);
        int[] objectCategories = Array.ConvertAll(objects, found => categoryPlaces[found.CategoryId]);
        int[] objectOrder = Grouped(objectImages, images.Length, objectCategories, Categories.Length);

        CocoDetection[] known = [.. detections.Where(found => categoryPlaces.ContainsKey(found.CategoryId))];
        int[] detectionImages = Array.ConvertAll(
            known,
            found => imagePlaces.TryGetValue(found.ImageId, out int image) ? image : throw Unlisted(found)
        );
        int[] detectionCategories = Array.ConvertAll(known, found => categoryPlaces[found.CategoryId]);
        int[] detectionOrder = Grouped(detectionImages, images.Length, detectionCategories, Categories.Length);

        Objects = Array.ConvertAll(objectOrder, i => objects[i]);
        var kept = new List<CocoDetection>(known.Length);
        var scores = new List<double>(known.Length);
        var ranks = new List<int>(known.Length);
        var cells = new List<Cell>();
        FirstOfCategory = new int[Categories.Length + 1];
        int d = 0,
            o = 0;
        for (int category = 0; category < Categories.Length; category++)
        {
            FirstOfCategory[category] = cells.Count;
            while (true)
            {
                int ofDetection =
                    d < known.Length && detectionCategories[detectionOrder[d]] == category
                        ? detectionImages[detectionOrder[d]]
                        : int.MaxValue;
                int ofObject =
                    o < objects.Length && objectCategories[objectOrder[o]] == category ? objectImages[objectOrder[o]] : int.MaxValue;
                int image = Math.Min(ofDetection, ofObject);
                if (image == int.MaxValue)
                {
                    break;
                }

                int firstDetection = d,
                    firstKept = kept.Count,
                    firstObject = o;
                d = EndOf(detectionOrder, detectionImages, detectionCategories, d, image, category);
                o = EndOf(objectOrder, objectImages, objectCategories, o, image, category);
                KeepSurest(known, detectionOrder.AsSpan(firstDetection, d - firstDetection), most, kept, scores, ranks);
                bool exhaustive = !(federated && images[image].NotExhaustiveCategoryIds.Contains(Categories[category].Id));
                cells.Add(new Cell(firstKept, kept.Count, firstObject, o, exhaustive));
            }
        }

        FirstOfCategory[^1] = cells.Count;
        All = [.. cells];
        Detections = [.. kept];
        Scores = [.. scores];
        Ranks = [.. ranks];
    }

    /// <summary>In rising order of their ids.</summary>
    public CocoCategory[] Categories { get; }

    /// <summary>The cells that hold anything.</summary>
    public Cell[] All { get; }

    /// <summary>Where the cells of each category begin in <see cref="All"/>; the last number is where they end.</summary>
    public int[] FirstOfCategory { get; }

    /// <summary>The objects, cell by cell.</summary>
    public CocoAnnotation[] Objects { get; }

    /// <summary>The detections, cell by cell.</summary>
    public CocoDetection[] Detections { get; }

    /// <summary>The score of each detection.</summary>
    public double[] Scores { get; }

    /// <summary>The place of each detection in its cell: 0 is the surest.</summary>
    public int[] Ranks { get; }

    /// <summary>An image by its id.</summary>
    public CocoImage ImageOf(long id) => _images[id];

    /// <summary>The cells of a category.</summary>
    public ReadOnlySpan<Cell> OfCategory(int category) => All.AsSpan(FirstOfCategory[category]..FirstOfCategory[category + 1]);

    /// <summary>The order by category and then by image in which equals keep their order.</summary>
    private static int[] Grouped(int[] images, int imageCount, int[] categories, int categoryCount) =>
        StableBy(categories, categoryCount, StableBy(images, imageCount, [.. Enumerable.Range(0, images.Length)]));

    private static int[] StableBy(int[] keys, int keyCount, int[] order)
    {
        var places = new int[keyCount + 1];
        foreach (int key in keys)
        {
            places[key + 1]++;
        }

        for (int key = 0; key < keyCount; key++)
        {
            places[key + 1] += places[key];
        }

        var sorted = new int[order.Length];
        foreach (int item in order)
        {
            sorted[places[keys[item]]++] = item;
        }

        return sorted;
    }

    private static int EndOf(int[] order, int[] images, int[] categories, int from, int image, int category)
    {
        int end = from;
        while (end < order.Length && categories[order[end]] == category && images[order[end]] == image)
        {
            end++;
        }

        return end;
    }

    private static void KeepSurest(
        CocoDetection[] detections,
        Span<int> items,
        int most,
        List<CocoDetection> kept,
        List<double> scores,
        List<int> ranks
    )
    {
        double[] keys = new double[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            CocoDetection found = detections[items[i]];
            keys[i] = double.IsFinite(found.Score)
                ? found.Score
                : throw new SocoDataException(
                    $"A detection of category {found.CategoryId} in image {found.ImageId} has the score {found.Score}; leave it out."
                );
        }

        StableOrder.ByFallingScore(keys, items);
        for (int i = 0; i < Math.Min(items.Length, most); i++)
        {
            CocoDetection found = detections[items[i]];
            kept.Add(found);
            scores.Add(found.Score);
            ranks.Add(i);
        }
    }

    private static SocoDataException Unlisted(CocoDetection found) =>
        new(
            $"A detection is of image {found.ImageId}, which the ground truth does not list; give the annotations that the detections were made for."
        );
}
