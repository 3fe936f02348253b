using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;

namespace Soco.Recipes;

/// <summary>
/// One key of a recipe, or of another record that YAML fills: where its value lives and what is allowed. The records are the only list of
/// keys.
/// </summary>
internal sealed class RecipeKey
{
    private readonly PropertyInfo? _section;

    private RecipeKey(PropertyInfo? section, PropertyInfo property)
    {
        _section = section;
        Property = property;
        Section = section is null ? "" : SnakeCase(section.Name);
        Name = SnakeCase(property.Name);
        Path = Section.Length > 0 ? $"{Section}.{Name}" : Name;
        Range = property.GetCustomAttribute<RangeAttribute>();
    }

    /// <summary>The section's key, or empty.</summary>
    public string Section { get; }

    /// <summary>The key inside its section.</summary>
    public string Name { get; }

    /// <summary>Section and name with a dot between.</summary>
    public string Path { get; }

    /// <summary>What holds the value; its documentation says what the key means.</summary>
    public PropertyInfo Property { get; }

    public Type Type => Property.PropertyType;

    public RangeAttribute? Range { get; }

    public object? Get(object recipe) => Property.GetValue(Holder(recipe));

    /// <summary>For a recipe that is still being read; afterwards it is immutable.</summary>
    public void Set(object recipe, object? value) => Property.SetValue(Holder(recipe), value);

    private object Holder(object recipe) => _section is null ? recipe : _section.GetValue(recipe)!;

    /// <summary>Every key of a record type, those without a section first, its own before those that all recipes have.</summary>
    public static IEnumerable<RecipeKey> Walk(Type recipe)
    {
        PropertyInfo[] top = [.. Settable(recipe)];
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
            .OrderBy(property => property.DeclaringType != type)
            .ThenBy(property => property.MetadataToken);

    private static bool IsSection(PropertyInfo property) => property.PropertyType is { IsClass: true } type && type != typeof(string);

    private static string SnakeCase(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
