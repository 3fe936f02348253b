using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Soco.Training;

/// <summary>The files of recipes/, embedded.</summary>
internal static class BuiltInRecipes
{
    private const string Prefix = "Soco.Recipes.";
    private const string Suffix = ".yaml";
    private static readonly Assembly Home = typeof(BuiltInRecipes).Assembly;

    public static IReadOnlyList<string> Names { get; } =
        [.. Home.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal)];

    public static bool TryRead(string name, [NotNullWhen(true)] out string? yaml)
    {
        yaml = null;
        if (!Names.Contains(name))
        {
            return false;
        }

        using var reader = new StreamReader(Home.GetManifestResourceStream(Prefix + name + Suffix)!);
        yaml = reader.ReadToEnd();
        return true;
    }
}
