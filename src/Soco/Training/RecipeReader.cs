using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Soco.Training;

/// <summary>
/// Gathers the values that files and overrides give, each with where it was said, then makes the recipe. Nothing unknown passes silently.
/// </summary>
internal sealed class RecipeReader
{
    private readonly Dictionary<string, (YamlNode Node, string Where)> _given = [];

    public void AddFile(string path)
    {
        string yaml;
        try
        {
            yaml = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoRequestException($"The recipe {path} cannot be read ({error.Message.TrimEnd('.')}); check its permissions.", error);
        }

        Add(yaml, path);
    }

    public void Add(string yaml, string source)
    {
        if (ParseYaml(yaml, source) is not { } root)
        {
            return;
        }

        if (root is not YamlMappingNode mapping)
        {
            throw new SocoRequestException($"{Where(source, root)}: a recipe is a list of \"key: value\" lines, and this is not.");
        }

        foreach ((YamlNode keyNode, YamlNode node) in mapping.Children)
        {
            string key = keyNode.ToString();
            if (!RecipeKey.Sections.Contains(key))
            {
                Add(key, node, Where(source, keyNode));
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
        if (RecipeKey.Sections.Contains(key))
        {
            throw new SocoRequestException($"{where}: {key} is a section; name one of its keys, such as {FirstKeyOf(key)}.");
        }

        Add(key, ParseYaml(given[(equals + 1)..], where) ?? new YamlScalarNode(""), where);
    }

    public Recipe Bind()
    {
        var recipe = new Recipe();
        foreach (RecipeKey key in RecipeKey.All)
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
                $"{where}: micro_batch is {recipe.MicroBatch} but must divide batch, {recipe.Batch}, or be 0 for the whole batch at once.");
        }
    }

    private void Add(string key, YamlNode node, string where)
    {
        if (!RecipeKey.All.Any(known => known.Path == key))
        {
            throw new SocoRequestException($"{where}: there is no key \"{key}\"; the nearest is \"{RecipeKey.Nearest(key)}\".");
        }

        _given[key] = (node, where);
    }

    private static YamlNode? ParseYaml(string yaml, string source)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents.Count > 0 ? stream.Documents[0].RootNode : null;
        }
        catch (YamlException error)
        {
            throw new SocoRequestException(
                $"{source}, line {error.Start.Line}: this is not YAML ({error.Message.TrimEnd('.')}); mend that line.", error);
        }
    }

    private static string Where(string source, YamlNode node) => $"{source}, line {node.Start.Line}";

    private static string FirstKeyOf(string section) => RecipeKey.All.First(key => key.Section == section).Path;

    private static string Shown(YamlNode node) => node switch
    {
        YamlScalarNode scalar => $"\"{scalar.Value}\"",
        YamlSequenceNode list => $"[{string.Join(", ", list.Children)}]",
        _ => "a list of keys",
    };
}
