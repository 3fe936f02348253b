using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;

namespace Soco.Training;

/// <summary>One key of a recipe: where its value lives in the records and what is allowed. The records are the only list of keys.</summary>
internal sealed class RecipeKey
{
    private readonly PropertyInfo? _section;
    private readonly PropertyInfo _property;

    private RecipeKey(PropertyInfo? section, PropertyInfo property)
    {
        _section = section;
        _property = property;
        Section = section is null ? "" : SnakeCase(section.Name);
        Name = SnakeCase(property.Name);
        Path = Section.Length > 0 ? $"{Section}.{Name}" : Name;
        Range = property.GetCustomAttribute<RangeAttribute>();
    }

    /// <summary>Every key, those without a section first.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } = [.. Walk()];

    /// <summary>The names of the sections.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. All.Select(key => key.Section).Where(name => name.Length > 0).Distinct()];

    /// <summary>The section's key, or empty.</summary>
    public string Section { get; }

    /// <summary>The key inside its section.</summary>
    public string Name { get; }

    /// <summary>Section and name with a dot between.</summary>
    public string Path { get; }

    public Type Type => _property.PropertyType;

    public RangeAttribute? Range { get; }

    public object? Get(Recipe recipe) => _property.GetValue(Holder(recipe));

    /// <summary>For a recipe that is still being read; afterwards it is immutable.</summary>
    public void Set(Recipe recipe, object? value) => _property.SetValue(Holder(recipe), value);

    /// <summary>The key that a person most likely meant.</summary>
    public static string Nearest(string path) =>
        All.Select(key => key.Path).Concat(Sections)
            .MinBy(known => Math.Min(EditDistance.Between(path, known), EditDistance.Between(path, known[(known.LastIndexOf('.') + 1)..]) + 1))!;

    private object Holder(Recipe recipe) => _section is null ? recipe : _section.GetValue(recipe)!;

    private static IEnumerable<RecipeKey> Walk()
    {
        PropertyInfo[] top = [.. Settable(typeof(Recipe))];
        foreach (PropertyInfo property in top.Where(property => !IsSection(property)))
        {
            yield return new RecipeKey(null, property);
        }

        foreach (PropertyInfo section in top.Where(IsSection))
        {
            foreach (PropertyInfo property in Settable(section.PropertyType))
            {
                yield return new RecipeKey(section, property);
            }
        }
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .OrderBy(property => property.MetadataToken);

    private static bool IsSection(PropertyInfo property) => property.PropertyType is { IsClass: true } type && type != typeof(string);

    private static string SnakeCase(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
