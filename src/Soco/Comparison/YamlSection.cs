using System.Globalization;
using Soco.Recipes;
using Soco.Vision;
using YamlDotNet.RepresentationModel;

namespace Soco.Comparison;

/// <summary>A list of keys in a YAML file. Nothing unknown and nothing of a wrong type passes silently.</summary>
/// <param name="node">The list.</param>
/// <param name="source">What error sentences call the file.</param>
/// <param name="path">The keys above, with dots between; empty at the top.</param>
internal sealed class YamlSection(YamlMappingNode node, string source, string path = "")
{
    /// <summary>Where a sentence about it points.</summary>
    public string Where => RecipeReader.Where(source, node);

    /// <summary>The keys, in the order of the file.</summary>
    public IReadOnlyList<string> Keys => [.. node.Children.Keys.Select(key => key.ToString())];

    /// <summary>Refuses every other key.</summary>
    public YamlSection Allow(params IReadOnlyList<string> known)
    {
        foreach ((YamlNode key, _) in node.Children)
        {
            if (!known.Contains(key.ToString()))
            {
                string nearest = known.MinBy(name => EditDistance.Between(key.ToString(), name))!;
                throw new SocoRequestException(
                    $"{RecipeReader.Where(source, key)}: there is no key \"{PathOf(key.ToString())}\"; the nearest is \"{PathOf(nearest)}\"."
                );
            }
        }

        return this;
    }

    /// <summary>Whether a key is there.</summary>
    public bool Has(string key) => node.Children.ContainsKey(key);

    /// <summary>A list of keys below a key; empty where nothing is below it, null where it is not there.</summary>
    public YamlSection? Section(string key) =>
        ValueOf(key) switch
        {
            null => null,
            YamlMappingNode mapping => new YamlSection(mapping, source, PathOf(key)),
            YamlScalarNode { Value: "" } => new YamlSection(new YamlMappingNode(), source, PathOf(key)),
            _ => throw Wrong(key, "a list of keys, indented below it"),
        };

    /// <summary>A word or a path.</summary>
    public string? Text(string key) =>
        ValueOf(key) switch
        {
            null => null,
            YamlScalarNode { Value: { Length: > 0 } text } => text,
            _ => throw Wrong(key, "a name or a path"),
        };

    /// <summary>A word or a path, or a list of them; empty where the key is not there.</summary>
    public IReadOnlyList<string> Texts(string key) =>
        ValueOf(key) switch
        {
            null => [],
            YamlScalarNode { Value: { Length: > 0 } text } => [text],
            YamlSequenceNode list when list.Children.All(item => item is YamlScalarNode { Value.Length: > 0 }) =>
            [
                .. list.Children.Select(item => item.ToString()),
            ],
            _ => throw Wrong(key, "a path, or a list of them"),
        };

    /// <summary>A list of different whole numbers.</summary>
    public IReadOnlyList<long> Numbers(string key, long least, long most)
    {
        long?[] numbers = ValueOf(key) is YamlSequenceNode list
            ?
            [
                .. list.Children.Select(item =>
                    long.TryParse(item.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    && number >= least
                    && number <= most
                        ? number
                        : (long?)null
                ),
            ]
            : [];
        return numbers.Length > 0 && !numbers.Contains(null) && numbers.Distinct().Count() == numbers.Length
            ? [.. numbers.Select(number => number!.Value)]
            : throw Wrong(key, $"a list of different whole numbers from {least} up, such as [1, 2, 3]");
    }

    /// <summary>True or false; null where the key is not there.</summary>
    public bool? Flag(string key) =>
        ValueOf(key) switch
        {
            null => null,
            YamlScalarNode { Value: "true" } => true,
            YamlScalarNode { Value: "false" } => false,
            _ => throw Wrong(key, "true or false"),
        };

    /// <summary>One of an enumeration's words.</summary>
    public T? Choice<T>(string key)
        where T : struct, Enum
    {
        string? text = Text(key);
        return text is null
            ? null
            : Enum.GetValues<T>().Where(value => RecipeValue.Format(value) == text).Select(value => (T?)value).FirstOrDefault()
                ?? throw Wrong(key, $"one of {string.Join(", ", Enum.GetValues<T>().Select(value => RecipeValue.Format(value)))}");
    }

    /// <summary>The values of a record, whose keys are all that may be here.</summary>
    public T Bind<T>()
        where T : class, new()
    {
        RecipeKey[] keys = [.. RecipeKey.Walk(typeof(T))];
        Allow([.. keys.Select(key => key.Path)]);
        var record = new T();
        foreach (RecipeKey key in keys.Where(key => Has(key.Path)))
        {
            if (!RecipeValue.TryParse(key, ValueOf(key.Path)!, out object? value, out string problem))
            {
                throw new SocoRequestException(
                    $"{WhereOf(key.Path)}: {PathOf(key.Path)} is {RecipeReader.Shown(ValueOf(key.Path)!)} but {problem}."
                );
            }

            key.Set(record, value);
        }

        return record;
    }

    /// <summary>Adds the keys here but some to a recipe.</summary>
    public void AddTo(RecipeReader recipe, params IReadOnlyList<string> but) =>
        recipe.Add(new YamlMappingNode(node.Children.Where(child => !but.Contains(child.Key.ToString()))), source);

    /// <summary>The sentence that a key's value is not what is needed.</summary>
    public SocoRequestException Wrong(string key, string needed) =>
        new(
            $"{WhereOf(key)}: {PathOf(key)} is {(ValueOf(key) is { } value ? RecipeReader.Shown(value) : "not there")} but needs {needed}."
        );

    private YamlNode? ValueOf(string key) => node.Children.TryGetValue(key, out YamlNode? value) ? value : null;

    private string PathOf(string key) => path.Length > 0 ? $"{path}.{key}" : key;

    private string WhereOf(string key) =>
        RecipeReader.Where(source, node.Children.Keys.FirstOrDefault(known => known.ToString() == key) ?? node);
}
