using System.Globalization;
using System.Text.Json.Nodes;
using Soco.Recipes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Soco.Comparison;

/// <summary>A configuration's YAML in other shapes.</summary>
internal static class ComparisonText
{
    /// <summary>Each value by its keys with dots between.</summary>
    public static Dictionary<string, string> Values(string yaml)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("", RecipeReader.ParseYaml(yaml, "configuration"));
        return values;

        void Add(string path, YamlNode? node)
        {
            if (node is not YamlMappingNode mapping)
            {
                values[path] = node?.ToString() ?? "";
                return;
            }

            foreach ((YamlNode key, YamlNode value) in mapping.Children)
            {
                Add(path.Length > 0 ? $"{path}.{key}" : key.ToString(), value);
            }
        }
    }

    /// <summary>The same as JSON.</summary>
    public static JsonNode? ToJson(string yaml) => ToJson(RecipeReader.ParseYaml(yaml, "configuration"));

    private static JsonNode? ToJson(YamlNode? node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(child => KeyValuePair.Create(child.Key.ToString(), ToJson(child.Value)))
            ),
            YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
            YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
            YamlScalarNode { Style: ScalarStyle.Plain } plain
                when long.TryParse(plain.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) =>
                JsonValue.Create(whole),
            YamlScalarNode { Style: ScalarStyle.Plain } plain
                when double.TryParse(plain.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) => JsonValue.Create(
                real
            ),
            _ => JsonValue.Create(node?.ToString()),
        };
}
