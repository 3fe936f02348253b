using Soco.Vision.Sources;

namespace Soco.Vision.Proposals.Storage;

/// <summary>
/// The proposals of a whole data set in memory, flat: 8 bytes a box, 8 an image and a compact table of names, so 1.28 million images with
/// 40 boxes each take about half a gigabyte. Safe to read from many threads.
/// </summary>
public sealed class ProposalStore
{
    private const string JsonExtension = ".json";

    private readonly string _path;
    private readonly NameTable _names = new();
    private readonly PackedBoxes _boxes = new();
    private readonly List<BoxXywh> _row = [];
    private readonly List<(int Width, int Height)> _sizes = [];
    private ProposalOrigin? _origin;
    private bool _keysAreBaseNames;

    private ProposalStore(string path)
    {
        _path = path;
    }

    /// <summary>Images.</summary>
    public int Count => _names.Count;

    /// <summary>Boxes of all images.</summary>
    public long BoxCount => _boxes.BoxCount;

    /// <summary>Boxes of which a part lay outside their image and was cut off.</summary>
    public long ClippedBoxes { get; private set; }

    /// <summary>Boxes that were left out: outside their image, without area, or not a number.</summary>
    public long DroppedBoxes { get; private set; }

    /// <summary>How the boxes were made, for example <c>soco</c>; null if the file does not say (JSON).</summary>
    public string? Strategy => _origin?.Strategy;

    /// <summary>The parameters of the strategy; null if the file does not say (JSON).</summary>
    public string? Parameters => _origin?.Parameters;

    /// <summary>
    /// Whether a path is a folder with Parquet parts, a Parquet file or a JSON file, by its names; what is in them is not looked at.
    /// </summary>
    public static bool IsStore(string path) =>
        Directory.Exists(path)
            ? ProposalFolder.PartsOf(path).Length > 0
            : File.Exists(path) && Path.GetExtension(path).ToLowerInvariant() is (".parquet" or JsonExtension);

    /// <summary>Reads a folder of Parquet parts, one Parquet file, or the authors' JSON file.</summary>
    /// <exception cref="SocoDataException">Not there, damaged, truncated, of another form, or a mixture of strategies.</exception>
    public static ProposalStore Load(string path)
    {
        var store = new ProposalStore(path);
        if (Directory.Exists(path))
        {
            string[] parts = ProposalFolder.PartsOf(path);
            if (parts.Length == 0)
            {
                throw new SocoDataException(
                    $"{path} has no proposals (part-00000.parquet, ...); make them with soco proposals, or name another folder."
                );
            }

            Array.ForEach(parts, store.AddPart);
        }
        else if (Path.GetExtension(path).Equals(JsonExtension, StringComparison.OrdinalIgnoreCase))
        {
            store._keysAreBaseNames = true;
            ProposalJson.Read(path, store.AddJson);
        }
        else
        {
            store.AddPart(path);
        }

        return store;
    }

    /// <summary>Looks up the boxes of an image, pixels. In a JSON file the name counts without folder and extension.</summary>
    /// <param name="imageName">Name of the image in its source.</param>
    /// <param name="boxes">Its boxes, maybe none; empty if the image is not there.</param>
    /// <returns>Whether the image is there.</returns>
    public bool TryFind(string imageName, out BoxXywh[] boxes)
    {
        int image = _names.Find(_keysAreBaseNames ? ProposalJson.KeyOf(imageName) : imageName);
        boxes = image < 0 ? [] : _boxes[image];
        return image >= 0;
    }

    /// <summary>The size of an image, pixels; null where the image is not there or the file does not say (JSON).</summary>
    /// <param name="imageName">Name of the image in its source.</param>
    public (int Width, int Height)? SizeOf(string imageName) =>
        !_keysAreBaseNames && _names.Find(imageName) is >= 0 and int image && _sizes[image] is { Width: > 0, Height: > 0 } size
            ? size
            : null;

    /// <summary>Images that are there and have no box.</summary>
    public int CountWithoutBoxes() => Enumerable.Range(0, Count).Count(image => _boxes[image].Length == 0);

    /// <summary>Counts the images of a source that are there, and refuses a store that was made for another one.</summary>
    /// <exception cref="SocoDataException">No image of the source is there.</exception>
    public int CountFound(ImageSource source)
    {
        int found = 0;
        for (int i = 0; i < source.Count; i++)
        {
            string name = source.NameOf(i);
            found += _names.Find(_keysAreBaseNames ? ProposalJson.KeyOf(name) : name) >= 0 ? 1 : 0;
        }

        return found > 0 || source.Count == 0
            ? found
            : throw new SocoDataException(
                $"{_path} has proposals for none of the {source.Count} images: it names {(Count == 0 ? "no image" : _names[0])}, the images are "
                    + $"named like {source.NameOf(0)}; make the proposals from the same images, named by the same path."
            );
    }

    /// <summary>Writes the authors' JSON file, whole or not at all.</summary>
    /// <exception cref="SocoRequestException">Two images have the same name without folder and extension.</exception>
    /// <exception cref="SocoRunException">The file cannot be written.</exception>
    public void WriteJson(string path)
    {
        var keys = new NameTable();
        ProposalJson.Write(
            path,
            Enumerable
                .Range(0, Count)
                .Select(image =>
                {
                    string key = _keysAreBaseNames ? _names[image] : ProposalJson.KeyOf(_names[image]);
                    return keys.TryAdd(key)
                        ? (key, (IReadOnlyList<BoxXywh>)_boxes[image])
                        : throw new SocoRequestException(
                            $"Two images are called {key} without folder and extension, which a JSON file cannot tell apart; write a folder of Parquet files."
                        );
                })
        );
    }

    private void AddPart(string path)
    {
        ProposalOrigin? origin = ProposalPart.Read(
            path,
            row =>
            {
                foreach (BoxXywh box in row.Boxes)
                {
                    Mend(box.X, box.Y, box.Width, box.Height, row.Width, row.Height);
                }

                EndImage(row.Path, row.Width, row.Height);
            }
        );
        if (origin is not null && _origin is not null && origin != _origin)
        {
            throw new SocoDataException($"{_path} mixes boxes of {_origin} and of {origin}; keep each in a folder of its own.");
        }

        _origin ??= origin;
    }

    private void AddJson(string key, List<double> numbers)
    {
        for (int i = 0; i < numbers.Count; i += 4)
        {
            Mend(numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], 0, 0);
        }

        EndImage(key, 0, 0);
    }

    private void Mend(double x, double y, double width, double height, int imageWidth, int imageHeight)
    {
        if (BoxMending.TryClip(x, y, width, height, imageWidth, imageHeight, out BoxXywh box, out bool clipped))
        {
            _row.Add(box);
            ClippedBoxes += clipped ? 1 : 0;
        }
        else
        {
            DroppedBoxes++;
        }
    }

    private void EndImage(string name, int width, int height)
    {
        if (!_names.TryAdd(name))
        {
            throw new SocoDataException($"{_path} has the image {name} twice; remove one of them or make the proposals again.");
        }

        _boxes.Add(_row);
        _sizes.Add((width, height));
        _row.Clear();
    }
}
