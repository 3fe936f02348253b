using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Voc;

/// <summary>
/// Reads PASCAL VOC folders: <c>Annotations/*.xml</c>, also in subfolders, <c>ImageSets/Main/*.txt</c> and <c>JPEGImages/</c>; or a folder
/// of XML files beside the folder of their images. Boxes there are first and last pixel, counted from 1; here they become left, top, width
/// and height from 0, so that width is xmax - xmin + 1.
/// </summary>
public static class VocReader
{
    private static readonly string[] s_flags = ["1", "-1", "0", "+1"];

    /// <summary>Whether a folder looks like one of VOC's.</summary>
    /// <param name="folder">Any path.</param>
    public static bool IsVocFolder(string folder) => VocFolder.Find(folder) is not null;

    /// <summary>The folder of the images: JPEGImages or images, or the only one beside the XML files that holds any.</summary>
    /// <param name="folder">The VOC folder.</param>
    /// <exception cref="SocoDataException">It is no VOC folder, or has no such folder or several.</exception>
    public static string ImagesOf(string folder) => Open(folder).Images();

    /// <summary>
    /// The splits of a folder, such as train and test, in ordinal order; those of single classes (<c>cat_train</c>) are among them.
    /// </summary>
    /// <param name="folder">The VOC folder.</param>
    public static IReadOnlyList<string> SplitsOf(string folder)
    {
        string? lists = VocFolder.Find(folder)?.Lists;
        return Directory.Exists(lists)
            ? [.. Directory.GetFiles(lists, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>
    /// Reads a folder. Where a file does not state the size of its image, that size is 0. The id of an image is the place of its XML file
    /// among all of the folder in ordinal order, from 1, so that it does not depend on the split.
    /// </summary>
    /// <param name="folder">The VOC folder.</param>
    /// <param name="split">The part that <c>ImageSets/Main/split.txt</c> lists, in that order; null takes every XML file.</param>
    /// <param name="classes">
    /// The classes in the order of their indices; null takes those that occur anywhere in the folder, in ordinal order, so that every split
    /// has the same.
    /// </param>
    /// <exception cref="SocoDataException">
    /// A file is missing, no XML, or not of this form (with line and column); the split lists an image twice, or one without XML; an object
    /// is of another class than was given.
    /// </exception>
    public static CocoDataset Read(string folder, string? split = null, IReadOnlyList<string>? classes = null)
    {
        VocFolder parts = Open(folder);
        (string Name, string Path)[] all = parts.Files();
        if (all.Length == 0)
        {
            throw new SocoDataException($"{parts.Annotations} holds no XML file; put one for each image there.");
        }

        Dictionary<string, int> places = Enumerable.Range(0, all.Length).ToDictionary(i => all[i].Name, StringComparer.Ordinal);
        string[] names = split is null ? [.. all.Select(file => file.Name)] : NamesOf(folder, parts, split, places);
        Dictionary<string, VocImage> read = (classes is null ? all.Select(file => file.Name) : names).ToDictionary(
            name => name,
            name => VocImage.Read(all[places[name]].Path)
        );
        classes ??=
        [
            .. read.Values.SelectMany(image => image.Objects).Select(found => found.Class).Distinct().Order(StringComparer.Ordinal),
        ];
        Dictionary<string, int> ids = Enumerable.Range(0, classes.Count).ToDictionary(i => classes[i], i => i + 1, StringComparer.Ordinal);

        var images = new List<CocoImage>(names.Length);
        var annotations = new List<CocoAnnotation>();
        int dropped = 0;
        string? folderOfImages = parts.FindImages();
        foreach (string name in names)
        {
            VocImage image = read[name];
            var listed = new CocoImage(places[name] + 1, FileNameOf(name, image, folderOfImages), image.Width, image.Height);
            images.Add(listed);
            foreach (VocObject found in image.Objects)
            {
                int category = ids.TryGetValue(found.Class, out int id)
                    ? id
                    : throw new SocoDataException(
                        $"{all[places[name]].Path}: \"{found.Class}\" is none of the classes that were given ({string.Join(", ", classes)}); add it to them or leave the object out."
                    );
                if (!JsonBoxes.IsFinite(found.Box))
                {
                    dropped++;
                    continue;
                }

                annotations.Add(
                    new CocoAnnotation(annotations.Count + 1, listed.Id, category, found.Box, found.Box.Area)
                    {
                        IsDifficult = found.IsDifficult,
                    }
                );
            }
        }

        return new CocoDataset(images, [.. classes.Select(name => new CocoCategory(ids[name], name, ""))], annotations)
        {
            Mended = new MendedAnnotations(0, dropped, 0),
        };
    }

    private static VocFolder Open(string folder) =>
        VocFolder.Find(folder)
        ?? throw new SocoDataException(
            $"{folder} has no folder Annotations and no XML file; name a PASCAL VOC folder, which holds Annotations, ImageSets and JPEGImages, or a folder of XML files."
        );

    /// <summary>The image of an XML file has its name, unless only the other name that the file states is there.</summary>
    private static string FileNameOf(string name, VocImage image, string? images)
    {
        string usual = name + image.Extension,
            stated = ImageNameResolver.Clean(image.FileName);
        return images is not null && stated.Length > 0 && !File.Exists(Path.Join(images, usual)) && File.Exists(Path.Join(images, stated))
            ? stated
            : usual;
    }

    private static string[] NamesOf(string folder, VocFolder parts, string split, Dictionary<string, int> places)
    {
        string list = Path.Combine(parts.Lists, split + ".txt");
        if (!File.Exists(list))
        {
            string there = string.Join(", ", SplitsOf(folder));
            throw new SocoDataException(
                $"{list} does not exist; {(there.Length > 0 ? $"the splits there are {there}" : "there is no split at all: leave it out")}."
            );
        }

        string[] known = [.. places.Keys];
        var resolver = new ImageNameResolver(known);
        var names = new List<string>();
        var flagged = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(list).Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            // The lists of single classes have a second column: 1 shows the class, -1 does not, 0 is difficult. Names may hold spaces.
            (string listed, bool hasFlag) = (line, false);
            ImageNameMatch match = resolver.Find(line);
            if (match.Candidates == 0 && line.LastIndexOfAny([' ', '\t']) is > 0 and var column && s_flags.Contains(line[(column + 1)..]))
            {
                (listed, hasFlag) = (line[..column].TrimEnd(), true);
                match = resolver.Find(listed);
            }

            if (match.Candidates != 1)
            {
                throw new SocoDataException(
                    match.Candidates == 0
                        ? $"{list} lists {listed}, but there is no {Path.Combine(parts.Annotations, ImageNameResolver.WithoutExtension(listed) + ".xml")}; add it or take the line out."
                        : $"{list} lists {listed}, and {match.Candidates} XML files in {parts.Annotations} have that name; list it with its folder."
                );
            }

            string name = known[match.Index];
            if (flagged.TryAdd(name, hasFlag))
            {
                names.Add(name);
            }
            else if (!hasFlag || !flagged[name])
            {
                throw new SocoDataException($"{list} lists {name} twice; take one line out.");
            }
        }

        return names.Count > 0 ? [.. names] : throw new SocoDataException($"{list} is empty; list one image on each line.");
    }
}
