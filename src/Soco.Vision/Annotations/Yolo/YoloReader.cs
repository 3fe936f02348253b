using System.Globalization;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Yolo;

/// <summary>
/// Reads data sets of YOLO (darknet, Ultralytics): a <c>data.yaml</c>, and beside each folder of images one of labels, a text file for each
/// image with a line for each object: the class index and the box as center, width and height, or the class index and the corners of a
/// polygon, all as shares of the image's sides.
/// </summary>
public static class YoloReader
{
    private const string Images = "images";
    private const string Labels = "labels";

    // Exporters round to six digits or fewer.
    private const double Beyond = 0.01;

    /// <summary>Whether a path is a <c>data.yaml</c> or a folder with one.</summary>
    public static bool IsYolo(string path) => YoloDataFile.Find(path) is not null;

    /// <summary>The splits that a data set has.</summary>
    /// <param name="path">The <c>data.yaml</c>, or its folder.</param>
    /// <exception cref="SocoDataException">The file is missing or damaged.</exception>
    public static IReadOnlyList<string> SplitsOf(string path) => Open(path).Splits;

    /// <summary>The folders of the images of all splits: one that holds them all, where they lie together.</summary>
    /// <param name="path">The <c>data.yaml</c>, or its folder.</param>
    /// <exception cref="SocoDataException">The file is missing or damaged, or names no images.</exception>
    public static IReadOnlyList<string> ImagesOf(string path)
    {
        YoloDataFile file = Open(path);
        return [RootOf(file)];
    }

    /// <summary>Reads the labels of a split. An image without a file of labels shows no object.</summary>
    /// <param name="path">The <c>data.yaml</c>, or its folder.</param>
    /// <param name="split">train, val or test.</param>
    /// <exception cref="SocoDataException">A file is missing, or a line of it is not of this form.</exception>
    public static CocoDataset Read(string path, string split)
    {
        YoloDataFile file = Open(path);
        string[] files = [.. FilesOf(file, split)];
        string root = RootOf(file);
        var images = new List<CocoImage>(files.Length);
        var annotations = new List<CocoAnnotation>();
        int dropped = 0,
            labelled = 0;
        foreach (string image in files)
        {
            string labels = LabelsOf(image);
            (int width, int height) = ImageFileSize.Of(image);
            var listed = new CocoImage(images.Count + 1, Path.GetRelativePath(root, image).Replace('\\', '/'), width, height);
            images.Add(listed);
            if (!File.Exists(labels))
            {
                continue;
            }

            labelled++;
            string[] lines = LinesOf(labels);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (int number = 0; number < lines.Length; number++)
            {
                // Labelling tools write a line twice now and then.
                string line = lines[number].Trim();
                if (line.Length == 0 || !seen.Add(line))
                {
                    continue;
                }

                if (
                    !listed.HasSize
                    || Parse(line, $"{labels} line {number + 1}", file.Classes.Count, listed, annotations.Count + 1) is not { } found
                )
                {
                    dropped++;
                    continue;
                }

                annotations.Add(found);
            }
        }

        if (files.Length > 0 && labelled == 0)
        {
            throw new SocoDataException(
                $"No image of {split} has labels: {LabelsOf(files[0])} is looked for, and so on; a folder labels belongs beside the folder images."
            );
        }

        return new CocoDataset(images, [.. file.Classes.Select((name, index) => new CocoCategory(index + 1, name, ""))], annotations)
        {
            Mended = new MendedAnnotations(0, dropped, 0),
        };
    }

    private static YoloDataFile Open(string path) =>
        YoloDataFile.Find(path) is { } file
            ? YoloDataFile.Read(file)
            : throw new SocoDataException($"{path} is no data.yaml, and no folder with one.");

    /// <summary>
    /// The label file of an image: the last folder <c>images</c> of its path becomes <c>labels</c>; without one it lies beside the image.
    /// </summary>
    internal static string LabelsOf(string image)
    {
        string[] parts = image.Replace('\\', '/').Split('/');
        int at = Array.LastIndexOf(parts, Images, parts.Length - 2);
        if (at >= 0)
        {
            parts[at] = Labels;
        }

        return Path.ChangeExtension(string.Join('/', parts), ".txt");
    }

    /// <summary>The images of a split, in ordinal order; those of a list in its order.</summary>
    private static IEnumerable<string> FilesOf(YoloDataFile file, string split)
    {
        foreach (string place in file.PlacesOf(split))
        {
            if (Directory.Exists(place))
            {
                string[] files =
                [
                    .. Directory
                        .EnumerateFiles(place, "*", SearchOption.AllDirectories)
                        .Where(path => ImageNameResolver.HasExtension(path) && !path.EndsWith(".xml", StringComparison.OrdinalIgnoreCase)),
                ];
                Array.Sort(files, StringComparer.Ordinal);
                foreach (string image in files)
                {
                    yield return image;
                }

                continue;
            }

            string folder = Path.GetDirectoryName(place)!;
            foreach (string line in LinesOf(place).Select(line => line.Trim()).Where(line => line.Length > 0))
            {
                string forward = line.Replace('\\', '/'),
                    clean = ImageNameResolver.Clean(line);
                yield return new[]
                {
                    Path.Combine(folder, forward),
                    Path.Combine(file.Root, forward),
                    Path.Combine(folder, clean),
                    Path.Combine(file.Root, clean),
                }
                    .Select(Path.GetFullPath)
                    .FirstOrDefault(File.Exists)
                    ?? throw new SocoDataException($"{place} lists {line}, which is neither beside it nor under {file.Root}.");
            }
        }
    }

    /// <summary>The folder that holds the images of all splits that are there.</summary>
    private static string RootOf(YoloDataFile file)
    {
        string[] all = [.. file.Splits.Where(file.IsThere).SelectMany(split => FilesOf(file, split)).Distinct(StringComparer.Ordinal)];
        return all.Length == 0 ? throw new SocoDataException($"{file.Path} names no images.") : CommonFolder(all);
    }

    private static string CommonFolder(IReadOnlyList<string> files)
    {
        string[] common = Path.GetDirectoryName(files[0])!.Split(Path.DirectorySeparatorChar);
        foreach (string file in files)
        {
            string[] parts = Path.GetDirectoryName(file)!.Split(Path.DirectorySeparatorChar);
            common = [.. common.TakeWhile((part, place) => place < parts.Length && parts[place] == part)];
        }

        string folder = string.Join(Path.DirectorySeparatorChar, common);
        return folder.Length == 0 ? Path.GetPathRoot(files[0])! : folder;
    }

    private static CocoAnnotation? Parse(string line, string where, int classes, CocoImage image, long id)
    {
        string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        double[] numbers = new double[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (
                !double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(numbers[i])
            )
            {
                throw new SocoDataException(
                    $"{where}: \"{words[i]}\" is no number; a line is a class index, then a box (x y width height) or the corners of a polygon."
                );
            }
        }

        bool isPolygon = words.Length >= 7 && words.Length % 2 == 1;
        if (words.Length != 5 && !isPolygon)
        {
            throw new SocoDataException(
                $"{where}: {words.Length} numbers are neither a class and a box (5) nor a class and a polygon (7, 9, 11 ...)."
            );
        }

        if (numbers[0] < 0 || numbers[0] >= classes || numbers[0] != Math.Floor(numbers[0]))
        {
            throw new SocoDataException($"{where}: class {words[0]} is none of the {classes} classes, which count from 0.");
        }

        double[] corners = isPolygon
            ? numbers[1..]
            : [numbers[1] - numbers[3] / 2, numbers[2] - numbers[4] / 2, numbers[1] + numbers[3] / 2, numbers[2] + numbers[4] / 2];
        if (Array.Find(numbers[1..], number => number is < -Beyond or > 1 + Beyond) is not 0 and var wrong)
        {
            throw new SocoDataException(
                $"{where}: {wrong.ToString(CultureInfo.InvariantCulture)} is no share of the image; coordinates lie from 0 to 1."
            );
        }

        for (int i = 0; i < corners.Length; i++)
        {
            corners[i] *= i % 2 == 0 ? image.Width : image.Height;
        }

        double[] across = [.. corners.Where((_, i) => i % 2 == 0)],
            down = [.. corners.Where((_, i) => i % 2 == 1)];
        var box = CocoBox.From(new BoxXyxy(across.Min(), down.Min(), across.Max(), down.Max()));
        if (!(box.Width > 0 && box.Height > 0) || (!isPolygon && (numbers[3] <= 0 || numbers[4] <= 0)))
        {
            return null;
        }

        if (!isPolygon)
        {
            return new CocoAnnotation(id, image.Id, (int)numbers[0] + 1, box, box.Area);
        }

        var mask = new PolygonMask([corners], image.Width, image.Height);
        return new CocoAnnotation(id, image.Id, (int)numbers[0] + 1, box, mask.ToRunLengths().Area) { Mask = mask };
    }

    private static string[] LinesOf(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}); check that it is there.", error);
        }
    }
}
