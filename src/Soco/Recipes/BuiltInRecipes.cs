using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Soco.Recipes;

/// <summary>The files of recipes/, embedded: a folder for each command.</summary>
internal static class BuiltInRecipes
{
    private const string Suffix = ".yaml";
    private static readonly Assembly Home = typeof(BuiltInRecipes).Assembly;

    public static IReadOnlyList<string> NamesOf(RecipeKind kind) =>
        [
            .. Home.GetManifestResourceNames()
                .Where(name => name.StartsWith(PrefixOf(kind), StringComparison.Ordinal))
                .Select(name => name[PrefixOf(kind).Length..^Suffix.Length])
                .Order(StringComparer.Ordinal),
        ];

    public static bool TryRead(RecipeKind kind, string name, [NotNullWhen(true)] out string? yaml)
    {
        yaml = null;
        if (!NamesOf(kind).Contains(name))
        {
            return false;
        }

        using var reader = new StreamReader(Home.GetManifestResourceStream(PrefixOf(kind) + name + Suffix)!);
        yaml = reader.ReadToEnd();
        return true;
    }

    private static string PrefixOf(RecipeKind kind) => $"Soco.Recipes.{kind.Command}.";
}
