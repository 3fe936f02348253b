using System.Globalization;
using Soco.Vision.IO;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Soco.Vision.Annotations.Yolo;

/// <summary>A <c>data.yaml</c>: the folder of a data set, its classes, and where the images of each split are.</summary>
internal sealed class YoloDataFile
{
    private static readonly string[] s_splits = ["train", "val", "test"];
    private static readonly string[] s_names = ["data.yaml", "data.yml", "dataset.yaml", "dataset.yml"];

    private readonly Dictionary<string, IReadOnlyList<string>> _splits;

    private YoloDataFile(string path, string root, IReadOnlyList<string> classes, Dictionary<string, IReadOnlyList<string>> splits)
    {
        Path = path;
        Root = root;
        Classes = classes;
        _splits = splits;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The folder that entries are relative to.</summary>
    public string Root { get; }

    /// <summary>Names of the classes by their indices.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The splits that the file has, train, val and test in this order.</summary>
    public IReadOnlyList<string> Splits => [.. s_splits.Where(_splits.ContainsKey)];

    /// <summary>The file that a path means: itself, or the one in a folder; null where there is none.</summary>
    public static string? Find(string path) =>
        System.IO.Path.GetExtension(path).ToLowerInvariant() is ".yaml" or ".yml" && File.Exists(path)
            ? path
            : s_names.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists);

    /// <summary>Reads a file.</summary>
    /// <exception cref="SocoDataException">It cannot be read, or is not of this form.</exception>
    public static YoloDataFile Read(string path)
    {
        Dictionary<string, Value> values = ValuesOf(path);
        string own = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        string? stated = values.GetValueOrDefault("path")?.Text;
        string root = System.IO.Path.Combine(own, stated ?? "");
        root = Directory.Exists(root) ? root : own;
        var splits = new Dictionary<string, IReadOnlyList<string>>();
        foreach (string split in s_splits.Where(split => values.GetValueOrDefault(split) is { Text: not "" } or { Items.Count: > 0 }))
        {
            splits[split] = values[split].Items ?? [values[split].Text!];
        }

        return new YoloDataFile(path, root, ClassesOf(values, path), splits);
    }

    /// <summary>Whether all that a split names is on this machine: exporters name test sets that nobody made.</summary>
    public bool IsThere(string split) => _splits[split].All(entry => Locate(entry) is not null);

    /// <summary>The folders and lists of a split, as they are found on this machine.</summary>
    /// <exception cref="SocoDataException">The file has no such split, or what it names is not there.</exception>
    public IReadOnlyList<string> PlacesOf(string split)
    {
        if (!_splits.TryGetValue(split, out IReadOnlyList<string>? entries))
        {
            throw new SocoDataException(
                $"{Path} has no split {split}; {(Splits.Count == 0 ? "it names no images at all" : $"those there are {string.Join(", ", Splits)}")}."
            );
        }

        return
        [
            .. entries.Select(entry =>
                Locate(entry)
                ?? throw new SocoDataException(
                    $"{Path}: the images of {split} are to be at {entry}, which is neither under {Root} nor beside the file; correct path or {split}."
                )
            ),
        ];
    }

    /// <summary>
    /// Files are written on other machines, with their drives and slashes, and exporters count folders differently: the first place that
    /// exists is meant.
    /// </summary>
    private string? Locate(string entry)
    {
        string forward = entry.Replace('\\', '/'),
            clean = ImageNameResolver.Clean(entry);
        string own = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        return new[]
        {
            System.IO.Path.Combine(Root, forward),
            System.IO.Path.Combine(own, forward),
            System.IO.Path.Combine(Root, clean),
            System.IO.Path.Combine(own, clean),
        }
            .Concat(Ends(clean).Select(end => System.IO.Path.Combine(own, end)))
            .Select(System.IO.Path.GetFullPath)
            .FirstOrDefault(System.IO.Path.Exists);
    }

    private static IEnumerable<string> Ends(string path)
    {
        for (int slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[(slash + 1)..];
        }
    }

    private static string[] ClassesOf(Dictionary<string, Value> values, string path)
    {
        if (values.GetValueOrDefault("names") is { Items: { Count: > 0 } names })
        {
            return [.. names];
        }

        if (values.GetValueOrDefault("names")?.Map is { Count: > 0 } map)
        {
            var byIndex = new SortedDictionary<int, string>();
            foreach ((string key, string name) in map)
            {
                if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= 100_000)
                {
                    throw new SocoDataException($"{path}: \"{key}\" under names is no class index; number the classes from 0.");
                }

                byIndex[index] = name;
            }

            return [.. Enumerable.Range(0, byIndex.Keys.Last() + 1).Select(index => byIndex.GetValueOrDefault(index, $"class {index}"))];
        }

        return
            int.TryParse(values.GetValueOrDefault("nc")?.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count is > 0 and < 100_000
            ? [.. Enumerable.Range(0, count).Select(index => $"class {index}")]
            : throw new SocoDataException($"{path} names no classes; list them under names, in the order of their indices.");
    }

    /// <summary>The keys at the top. Events instead of a tree: nesting costs no stack.</summary>
    private static Dictionary<string, Value> ValuesOf(string path)
    {
        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        try
        {
            using StreamReader text = File.OpenText(path);
            var parser = new Parser(text);
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _) || !parser.TryConsume<MappingStart>(out _))
            {
                throw new SocoDataException($"{path} is no data.yaml: it has no keys such as train and names.");
            }

            while (!parser.TryConsume<MappingEnd>(out _))
            {
                string key = parser.Consume<Scalar>().Value;
                values[key] = ValueOf(parser);
            }

            return values;
        }
        catch (YamlException error)
        {
            throw new SocoDataException($"{path} line {error.Start.Line}: this is no valid YAML ({error.Message.TrimEnd('.')}).", error);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // What the library throws where it does not expect a character.
            throw new SocoDataException($"{path}: this is no valid YAML.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}); check that it is there.", error);
        }
    }

    private static Value ValueOf(IParser parser)
    {
        if (parser.Current is Scalar scalar && parser.MoveNext())
        {
            return new Value(scalar.Value, null, null);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<string>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                if (parser.Current is Scalar item && parser.MoveNext())
                {
                    items.Add(item.Value);
                }
                else
                {
                    Skip(parser);
                }
            }

            return new Value(null, items, null);
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                string key = parser.Consume<Scalar>().Value;
                if (parser.Current is Scalar item && parser.MoveNext())
                {
                    map[key] = item.Value;
                }
                else
                {
                    Skip(parser);
                }
            }

            return new Value(null, null, map);
        }

        Skip(parser);
        return new Value(null, null, null);
    }

    private static void Skip(IParser parser)
    {
        int depth = 0;
        do
        {
            depth += parser.Consume<ParsingEvent>().NestingIncrease;
        } while (depth > 0);
    }

    private sealed record Value(string? Text, IReadOnlyList<string>? Items, IReadOnlyDictionary<string, string>? Map);
}
