using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Soco.Recipes;

/// <summary>One value of a recipe, from YAML and to YAML.</summary>
internal static class RecipeValue
{
    /// <summary>The value of a key. What is wrong with it comes back as the end of the sentence "key is TEXT but ...".</summary>
    public static bool TryParse(RecipeKey key, YamlNode node, out object? value, out string problem)
    {
        Type type = Nullable.GetUnderlyingType(key.Type) ?? key.Type;
        value = type switch
        {
            _ when type == typeof(bool) => Bool(node),
            _ when type == typeof(int) => Whole(node) is long whole and >= int.MinValue and <= int.MaxValue ? (int)whole : null,
            _ when type == typeof(long) => Whole(node),
            _ when type == typeof(double) => Real(node),
            _ when type.IsEnum => Choice(type, node),
            _ when type == typeof(Interval) => Reals(node) is [var low, var high] && low <= high ? new Interval(low, high) : null,
            _ when type == typeof(PerView) => Reals(node) is [var first, var others] ? new PerView(first, others) : null,
            _ => Reals(node) is [var p2, var p3, var p4, var p5] && p2 <= p3 && p3 <= p4 && p4 <= p5
                ? new LevelLimits(p2, p3, p4, p5)
                : null,
        };
        bool absent = key.Type == typeof(LevelLimits?) && node is YamlSequenceNode { Children.Count: 0 };
        problem =
            value is null && !absent ? $"needs {Wanted(key)}"
            : value is not null && !InRange(key.Range, Numbers(value)) ? $"must be {Wanted(key)}"
            : "";
        return problem.Length == 0;
    }

    /// <summary>The value as YAML that any YAML reader takes for the same type: a real number always has its point.</summary>
    public static string Format(object? value) =>
        value switch
        {
            null => "[]",
            bool flag => flag ? "true" : "false",
            Enum choice => Kebab(choice.ToString()),
            double real => Real(real),
            Interval or PerView or LevelLimits => $"[{string.Join(", ", Numbers(value).Select(Real))}]",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

    /// <summary>What a key takes, in words: <c>a whole number from 1 to 100000</c>.</summary>
    public static string Wanted(RecipeKey key)
    {
        Type type = Nullable.GetUnderlyingType(key.Type) ?? key.Type;
        string kind = type switch
        {
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(int) || type == typeof(long) => "a whole number",
            _ when type == typeof(double) => "a number",
            _ when type.IsEnum => "one of " + string.Join(", ", Enum.GetNames(type).Select(Kebab)),
            _ when type == typeof(Interval) => "two numbers [low, high] in rising order",
            _ when type == typeof(PerView) => "two numbers [first view, other views]",
            _ => "four numbers [p2, p3, p4, p5] in rising order, or [] for the default",
        };
        if (key.Range is not RangeAttribute range)
        {
            return kind;
        }

        string low = range.MinimumIsExclusive ? $"above {range.Minimum}" : $"from {range.Minimum}";
        string high =
            range.Maximum is >= (double)long.MaxValue ? "on"
            : range.MaximumIsExclusive ? $"to below {range.Maximum}"
            : $"to {range.Maximum}";
        return $"{kind}{(type.IsPrimitive ? "" : ", each")} {low} {high}";
    }

    private static bool InRange(RangeAttribute? range, IEnumerable<double> numbers)
    {
        if (range is null)
        {
            return true;
        }

        double low = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
        double high = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        return numbers.All(number =>
            (range.MinimumIsExclusive ? number > low : number >= low) && (range.MaximumIsExclusive ? number < high : number <= high)
        );
    }

    private static double[] Numbers(object value) =>
        value switch
        {
            int or long or double => [Convert.ToDouble(value, CultureInfo.InvariantCulture)],
            Interval interval => [interval.Low, interval.High],
            PerView views => [views.First, views.Others],
            LevelLimits limits => [limits.P2, limits.P3, limits.P4, limits.P5],
            _ => [],
        };

    private static string Real(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        int mantissa = text.IndexOf('E');
        return text.Contains('.') ? text
            : mantissa < 0 ? text + ".0"
            : text.Insert(mantissa, ".0");
    }

    private static object? Bool(YamlNode node) =>
        Text(node) switch
        {
            "true" => true,
            "false" => false,
            _ => null,
        };

    private static object? Whole(YamlNode node) =>
        long.TryParse(Text(node), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static object? Real(YamlNode node) =>
        double.TryParse(Text(node), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : null;

    private static double[] Reals(YamlNode node) =>
        node is YamlSequenceNode list && list.Children.Select(Real).ToArray() is var values && !values.Contains(null)
            ? [.. values.Cast<double>()]
            : [];

    private static object? Choice(Type type, YamlNode node) =>
        Enum.GetNames(type).FirstOrDefault(name => Kebab(name) == Text(node)) is string found ? Enum.Parse(type, found) : null;

    private static string? Text(YamlNode node) => (node as YamlScalarNode)?.Value;

    // KebabCaseLower parts a digit from the letter before it only where a capital starts the part: SocoC4 is soco-c4, Resnet50 is resnet50.
    private static string Kebab(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
