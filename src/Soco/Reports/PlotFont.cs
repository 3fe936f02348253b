using ScottPlot;
using SkiaSharp;

namespace Soco.Reports;

/// <summary>
/// Letters plots with the font that Soco carries: a bare machine has none, and a plot should look the same on every machine.
/// </summary>
internal sealed class PlotFont : IFontResolver
{
    private const string Name = "Soco Noto Sans";

    static PlotFont() => ScottPlot.Fonts.FontResolvers.Insert(0, new PlotFont());

    private PlotFont() { }

    /// <summary>Letters everything that is in the plot so far.</summary>
    public static void Use(Plot plot)
    {
        plot.Font.Set(Name);
        plot.Legend.FontName = Name;
    }

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => Typeface(fontName);

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => Typeface(fontName);

    // A typeface of the plot's own: ScottPlot disposes of those it holds.
    private static SKTypeface? Typeface(string name)
    {
        if (name != Name)
        {
            return null;
        }

        using Stream stream = Vision.Drawing.Fonts.OpenRegular();
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data);
    }
}
