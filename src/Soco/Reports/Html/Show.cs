using System.Globalization;

namespace Soco.Reports.Html;

/// <summary>
/// Numbers as a reader of a page takes them: few digits, a true minus, large ones in groups, very small ones as powers of ten.
/// </summary>
internal static class Show
{
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    private const char ThinSpace = '\u2009';

    /// <summary>A number with so many significant digits.</summary>
    public static string Number(double value, int digits = 3)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "not a number"
                : value > 0 ? "∞"
                : "−∞";
        }

        double size = Math.Abs(value);
        if (size != 0 && size < 1e-4)
        {
            int power = (int)Math.Floor(Math.Log10(size));
            double leading = Math.Round(value / Math.Pow(10, power), digits - 1);
            return leading is 1 or -1
                ? $"{(leading < 0 ? "−" : "")}10{Raised(power)}"
                : $"{Signed(leading.ToString("0.#######", CultureInfo.InvariantCulture))} × 10{Raised(power)}";
        }

        int decimals = size == 0 ? 0 : Math.Max(0, digits - 1 - (int)Math.Floor(Math.Log10(size)));
        return Fixed(value, Math.Min(decimals, 8));
    }

    /// <summary>A number that someone chose: all of its digits, and no more.</summary>
    public static string Setting(double value)
    {
        string text = Number(value, 8);
        return text.Contains('.') && !text.Contains('×') ? text.TrimEnd('0').TrimEnd('.') : text;
    }

    /// <summary>A whole number in groups of three: 9 999, 12 345.</summary>
    public static string Count(long value) =>
        Math.Abs(value) < 10000
            ? Signed(value.ToString(CultureInfo.InvariantCulture))
            : Signed(value.ToString("N0", CultureInfo.InvariantCulture).Replace(',', ThinSpace));

    /// <summary>A count with its noun: 1 image, 3 images.</summary>
    public static string Count(long value, string noun) => $"{Count(value)} {noun}{(value == 1 ? "" : "s")}";

    /// <summary>
    /// A share of 1 as AP is printed in papers, in percent with one decimal and no sign: 0.4127 is 41.3. A dash where there is none (below
    /// 0).
    /// </summary>
    public static string Hundredths(double share) =>
        share < 0 || !double.IsFinite(share) ? "–" : (100 * share).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>A difference of shares, with its sign: +2.1, −0.4.</summary>
    public static string Difference(double share) => Signed((100 * share).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture));

    /// <summary>A number of bytes in decimal units.</summary>
    public static string Bytes(long bytes) =>
        bytes switch
        {
            < 1000 => $"{bytes} B",
            < 1_000_000 => $"{Number(bytes / 1e3)} kB",
            < 1_000_000_000 => $"{Number(bytes / 1e6)} MB",
            _ => $"{Number(bytes / 1e9)} GB",
        };

    /// <summary>A version with the first digits of its commit.</summary>
    public static string Version(string version) =>
        version.Split('+') is [var number, { Length: > 9 } commit] ? $"{number}+{commit[..9]}" : version;

    /// <summary>A moment, in UTC to the minute.</summary>
    public static string Moment(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A number with so many decimals.</summary>
    public static string Fixed(double value, int decimals)
    {
        string text = value.ToString($"N{decimals}", CultureInfo.InvariantCulture);
        text = Math.Abs(value) < 10000 ? text.Replace(",", "") : text.Replace(',', ThinSpace);
        return Signed(text.Trim('-', '0', '.').Length == 0 ? text.TrimStart('-') : text);
    }

    private static string Signed(string text) => text.Replace('-', '−');

    private static string Raised(int power) =>
        (power < 0 ? "⁻" : "")
        + string.Concat(Math.Abs(power).ToString(CultureInfo.InvariantCulture).Select(digit => Superscripts[digit - '0']));
}
