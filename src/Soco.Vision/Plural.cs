using System.Globalization;

namespace Soco.Vision;

/// <summary>Numbers of things, in English.</summary>
internal static class Plural
{
    /// <summary><c>1 image</c>, <c>2 images</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="noun">One of them.</param>
    /// <param name="many">Several of them; null: the noun with an s.</param>
    public static string Of(long count, string noun, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? noun : many ?? noun + "s")}");
}
