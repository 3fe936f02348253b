using Soco.Vision;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Soco.Recipes;

/// <summary>
/// Gathers the values that files and overrides give, each with where it was said, then makes the recipe. Nothing unknown passes silently.
/// </summary>
/// <param name="kind">The kind of recipe that is wanted.</param>
internal sealed class RecipeReader(RecipeKind kind)
{
    // A comparison's arms nest to 6; a stream and its document count too.
    private const int DeepestNesting = 32;

    private readonly Dictionary<string, (YamlNode Node, string Where)> _given = [];

    /// <summary>The text of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What error sentences call it.</param>
    /// <exception cref="SocoRequestException">It cannot be read.</exception>
    public static string TextOf(string path, string what = "recipe")
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoRequestException(
                $"The {what} {path} cannot be read ({error.Message.TrimEnd('.')}); check that it is there.",
                error
            );
        }
    }

    /// <summary>The kind of run that a text is for: its method tells, and pretraining is the one that needs none.</summary>
    public static RecipeKind KindOf(string yaml, string source) => KindOf(ParseYaml(yaml, source)) ?? RecipeKind.All[0];

    /// <summary>Adds a recipe that comes with Soco, or else a file.</summary>
    /// <exception cref="SocoRequestException">There is neither.</exception>
    public void AddFrom(string nameOrPath)
    {
        if (BuiltInRecipes.TryRead(kind, nameOrPath, out string? yaml))
        {
            Add(yaml, nameOrPath);
        }
        else if (File.Exists(nameOrPath))
        {
            Add(TextOf(nameOrPath), nameOrPath);
        }
        else
        {
            throw new SocoRequestException(
                $"There is no recipe \"{nameOrPath}\"; name a YAML file that exists or one of {string.Join(", ", BuiltInRecipes.NamesOf(kind))}."
            );
        }
    }

    public void Add(string yaml, string source)
    {
        if (ParseYaml(yaml, source) is not { } root)
        {
            return;
        }

        Add(
            root as YamlMappingNode
                ?? throw new SocoRequestException($"{Where(source, root)}: a recipe is a list of \"key: value\" lines, and this is not."),
            source
        );
    }

    /// <summary>Adds the keys of a part of a file.</summary>
    public void Add(YamlMappingNode mapping, string source)
    {
        if (KindOf(mapping) is { } other && other != kind)
        {
            throw new SocoRequestException(
                $"{source} is a recipe of `soco {other.Command}`, and `soco {kind.Command}` needs one of its own, such as {BuiltInRecipes.NamesOf(kind)[0]}."
            );
        }

        foreach ((YamlNode keyNode, YamlNode node) in mapping.Children)
        {
            string key = keyNode.ToString();
            if (!kind.Sections.Contains(key))
            {
                Add(key, node, Where(source, keyNode));
            }
            else if (node is YamlScalarNode { Value.Length: > 0 } && kind.ShortFormOf(key) is { } named)
            {
                Add(named, node, Where(source, keyNode));
            }
            else if (node is YamlMappingNode section)
            {
                foreach ((YamlNode innerKey, YamlNode innerNode) in section.Children)
                {
                    Add($"{key}.{innerKey}", innerNode, Where(source, innerKey));
                }
            }
            else if (node is not YamlScalarNode { Value: "" })
            {
                throw new SocoRequestException($"{Where(source, keyNode)}: {key} is a section and needs its keys indented below it.");
            }
        }
    }

    public void AddOverride(string given)
    {
        string where = $"--set {given}";
        int equals = given.IndexOf('=');
        if (equals <= 0)
        {
            throw new SocoRequestException($"{where}: an override is written key=value, such as views.size=128.");
        }

        string key = given[..equals].Trim();
        if (kind.ShortFormOf(key) is { } named)
        {
            key = named;
        }
        else if (kind.Sections.Contains(key))
        {
            throw new SocoRequestException($"{where}: {key} is a section; name one of its keys, such as {FirstKeyOf(key)}.");
        }

        Add(key, ParseYaml(given[(equals + 1)..], where) ?? new YamlScalarNode(""), where);
    }

    /// <summary>A reader that has what this one has, for a recipe that builds on it.</summary>
    public RecipeReader Copy()
    {
        var copy = new RecipeReader(kind);
        foreach ((string key, (YamlNode Node, string Where) given) in _given)
        {
            copy._given[key] = given;
        }

        return copy;
    }

    public Recipe Bind()
    {
        Recipe recipe = kind.Create();
        foreach (RecipeKey key in kind.Keys)
        {
            if (!_given.TryGetValue(key.Path, out (YamlNode Node, string Where) given))
            {
                continue;
            }

            if (!RecipeValue.TryParse(key, given.Node, out object? value, out string problem))
            {
                throw new SocoRequestException($"{given.Where}: {key.Path} is {Shown(given.Node)} but {problem}.");
            }

            key.Set(recipe, value);
        }

        CheckTogether(recipe);
        return recipe;
    }

    private void CheckTogether(Recipe recipe)
    {
        if (recipe.Batch % recipe.PassSize != 0)
        {
            string where = (_given.TryGetValue("micro_batch", out var given) ? given : _given["batch"]).Where;
            throw new SocoRequestException(
                $"{where}: micro_batch is {recipe.MicroBatch} but must divide batch, {recipe.Batch}, or be 0 for the whole batch at once."
            );
        }
    }

    private void Add(string key, YamlNode node, string where)
    {
        if (!kind.Keys.Any(known => known.Path == key))
        {
            throw new SocoRequestException($"{where}: there is no key \"{key}\"; the nearest is \"{kind.Nearest(key)}\".");
        }

        _given[key] = (node, where);
    }

    private static RecipeKind? KindOf(YamlNode? root) =>
        root is YamlMappingNode mapping && mapping.Children.TryGetValue("method", out YamlNode? method)
            ? RecipeKind.All.FirstOrDefault(known => known.Methods.Contains((method as YamlScalarNode)?.Value))
            : null;

    /// <summary>The root of a text; null where it says nothing.</summary>
    public static YamlNode? ParseYaml(string yaml, string source)
    {
        try
        {
            RefuseTangled(yaml, source);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents.Count > 0 ? stream.Documents[0].RootNode : null;
        }
        catch (YamlException error)
        {
            throw new SocoRequestException(
                $"{source}, line {error.Start.Line}: this is not YAML ({error.Message.TrimEnd('.')}); mend that line.",
                error
            );
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            throw new SocoRequestException($"{source} is not YAML; write \"key: value\" lines.", error);
        }
    }

    /// <summary>What is nested deeper than any recipe, or refers to itself, would be walked without end.</summary>
    private static void RefuseTangled(string yaml, string source)
    {
        var events = new Parser(new StringReader(yaml));
        for (int depth = 0; events.MoveNext(); )
        {
            ParsingEvent current = events.Current!;
            depth += current.NestingIncrease;
            if (depth > DeepestNesting || current is AnchorAlias)
            {
                throw new SocoRequestException(
                    $"{source}, line {current.Start.Line}: this {(current is AnchorAlias ? "refers to another place (*name)" : "is nested too deeply")}; write \"key: value\" lines."
                );
            }
        }
    }

    /// <summary>Where a sentence about a node points.</summary>
    public static string Where(string source, YamlNode node) => $"{source}, line {node.Start.Line}";

    private string FirstKeyOf(string section) => kind.Keys.First(key => key.Section == section).Path;

    /// <summary>A node as a sentence quotes it.</summary>
    public static string Shown(YamlNode node) =>
        node switch
        {
            YamlScalarNode scalar => $"\"{scalar.Value}\"",
            YamlSequenceNode list => $"[{string.Join(", ", list.Children)}]",
            _ => "a list of keys",
        };
}
