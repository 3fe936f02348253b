namespace Soco.Annotations;

/// <summary>
/// Reads PASCAL VOC folders: <c>Annotations/*.xml</c>, <c>ImageSets/Main/*.txt</c> and <c>JPEGImages/</c>. Boxes there are first and last
/// pixel, counted from 1; here they become left, top, width and height from 0, so that width is xmax - xmin + 1.
/// </summary>
public static class VocReader
{
    /// <summary>Whether a folder looks like one of VOC's.</summary>
    /// <param name="folder">Any path.</param>
    public static bool IsVocFolder(string folder) => Directory.Exists(AnnotationsOf(folder));

    /// <summary>The folder of the images, which the file names of the set are in.</summary>
    /// <param name="folder">The VOC folder.</param>
    public static string ImagesOf(string folder) => Path.Combine(folder, "JPEGImages");

    /// <summary>The splits of a folder, such as train and test, in ordinal order; those of single classes (<c>cat_train</c>) are among them.</summary>
    /// <param name="folder">The VOC folder.</param>
    public static IReadOnlyList<string> SplitsOf(string folder)
    {
        string lists = Path.Combine(folder, "ImageSets", "Main");
        return Directory.Exists(lists)
            ? [.. Directory.GetFiles(lists, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>
    /// Reads a folder. The id of an image is the place of its XML file among all of the folder in ordinal order, from 1, so that it does
    /// not depend on the split.
    /// </summary>
    /// <param name="folder">The VOC folder.</param>
    /// <param name="split">The part that <c>ImageSets/Main/split.txt</c> lists, in that order; null takes every XML file.</param>
    /// <param name="classes">The classes in the order of their indices; null takes those that occur anywhere in the folder, in ordinal order, so that every split has the same.</param>
    /// <exception cref="SocoDataException">
    /// A file is missing, no XML, or not of this form (with line and column); the split lists an image twice, or one without XML; an object
    /// is of another class than was given.
    /// </exception>
    public static CocoDataset Read(string folder, string? split = null, IReadOnlyList<string>? classes = null)
    {
        string[] all = AllNames(folder);
        Dictionary<string, int> places = Enumerable.Range(0, all.Length).ToDictionary(i => all[i], StringComparer.Ordinal);
        string[] names = split is null ? all : NamesOf(folder, split, places);
        Dictionary<string, VocImage> read = (classes is null ? all : names)
            .ToDictionary(name => name, name => VocImage.Read(Path.Combine(AnnotationsOf(folder), name + ".xml")));
        classes ??= [.. read.Values.SelectMany(image => image.Objects).Select(found => found.Class).Distinct().Order(StringComparer.Ordinal)];
        Dictionary<string, int> ids = Enumerable.Range(0, classes.Count).ToDictionary(i => classes[i], i => i + 1, StringComparer.Ordinal);

        var images = new List<CocoImage>(names.Length);
        var annotations = new List<CocoAnnotation>();
        int dropped = 0;
        foreach (string name in names)
        {
            VocImage image = read[name];
            var listed = new CocoImage(places[name] + 1, name + image.Extension, image.Width, image.Height);
            images.Add(listed);
            foreach (VocObject found in image.Objects)
            {
                int category = ids.TryGetValue(found.Class, out int id) ? id : throw new SocoDataException(
                    $"{Path.Combine(AnnotationsOf(folder), name + ".xml")}: \"{found.Class}\" is none of the classes that were given ({string.Join(", ", classes)}); add it to them or leave the object out.");
                if (!JsonBoxes.IsFinite(found.Box))
                {
                    dropped++;
                    continue;
                }

                annotations.Add(new CocoAnnotation(annotations.Count + 1, listed.Id, category, found.Box, found.Box.Area) { IsDifficult = found.IsDifficult });
            }
        }

        return new CocoDataset(images, [.. classes.Select(name => new CocoCategory(ids[name], name, ""))], annotations)
        {
            Mended = new MendedAnnotations(0, dropped, 0),
        };
    }

    private static string AnnotationsOf(string folder) => Path.Combine(folder, "Annotations");

    private static string[] AllNames(string folder)
    {
        if (!IsVocFolder(folder))
        {
            throw new SocoDataException($"{folder} has no folder Annotations; name a PASCAL VOC folder, which holds Annotations, ImageSets and JPEGImages.");
        }

        string[] names = [.. Directory.GetFiles(AnnotationsOf(folder), "*.xml")
            .Select(path => Path.GetFileNameWithoutExtension(path)!).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];
        return names.Length > 0 ? names : throw new SocoDataException($"{AnnotationsOf(folder)} holds no XML file; put one for each image there.");
    }

    private static string[] NamesOf(string folder, string split, Dictionary<string, int> places)
    {
        string list = Path.Combine(folder, "ImageSets", "Main", split + ".txt");
        if (!File.Exists(list))
        {
            string there = string.Join(", ", SplitsOf(folder));
            throw new SocoDataException($"{list} does not exist; {(there.Length > 0 ? $"the splits there are {there}" : "there is no split at all: leave it out")}.");
        }

        // The lists of single classes have a second column: 1 shows the class, -1 does not, 0 is difficult.
        string[] names = [.. File.ReadLines(list).Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length > 0).Select(parts => parts[0])];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (!places.ContainsKey(name))
            {
                throw new SocoDataException($"{list} lists {name}, but there is no {Path.Combine(AnnotationsOf(folder), name + ".xml")}; add it or take the line out.");
            }

            if (!seen.Add(name))
            {
                throw new SocoDataException($"{list} lists {name} twice; take one line out.");
            }
        }

        return names.Length > 0 ? names : throw new SocoDataException($"{list} is empty; list one image on each line.");
    }
}
