using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Soco.Recipes;

namespace Soco.Tests.Recipes;

/// <summary>The pages of the recipes' keys, made from the records and their documentation.</summary>
internal static partial class RecipePages
{
    /// <summary>The page of a kind of recipe.</summary>
    public static string Of(RecipeKind kind)
    {
        Recipe defaults = kind.Create();
        Dictionary<string, XElement> documentation = XDocument
            .Load(Path.Combine(AppContext.BaseDirectory, "Soco.xml"))
            .Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!);
        var page = new StringBuilder();
        page.Append($"# Keys of a recipe for `soco {kind.Command}`\n\n");
        page.Append(
            "A recipe is a YAML file, or one that comes with Soco; `--set key=value` changes a key, such as `--set optimizer.base_lr=0.5`. "
        );
        page.Append(
            "The default is that of a file which does not name the key; recipes that come with Soco set others, and a run's `recipe.yaml` has them all.\n"
        );
        foreach (IGrouping<string, RecipeKey> section in kind.Keys.GroupBy(key => key.Section))
        {
            page.Append(section.Key.Length > 0 ? $"\n## `{section.Key}`\n\n" : "\n");
            page.Append("| key | takes | default | what it is |\n|---|---|---|---|\n");
            foreach (RecipeKey key in section)
            {
                string name = $"P:{key.Property.DeclaringType!.FullName}.{key.Property.Name}";
                page.Append(
                    $"| `{key.Path}` | {Cell(RecipeValue.Wanted(key))} | `{RecipeValue.Format(key.Get(defaults))}` | {Cell(Text(documentation[name]))} |\n"
                );
            }
        }

        return page.ToString();
    }

    private static string Text(XElement summary) =>
        Space()
            .Replace(
                string.Concat(
                    summary
                        .Nodes()
                        .Select(node =>
                            node switch
                            {
                                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                                XElement { Name.LocalName: "see" } reference =>
                                    $"`{JsonNamingPolicy.SnakeCaseLower.ConvertName(reference.Attribute("cref")!.Value.Split('.')[^1])}`",
                                XText text => text.Value,
                                _ => node.ToString(),
                            }
                        )
                ),
                " "
            )
            .Trim();

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
