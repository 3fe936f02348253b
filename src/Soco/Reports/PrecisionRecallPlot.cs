using ScottPlot;
using Soco.Vision;
using Soco.Vision.IO;

namespace Soco.Reports;

/// <summary>A curve of precision over recall.</summary>
/// <param name="Name">What the legend says, such as <c>IoU 0.50, AP 0.71</c>.</param>
/// <param name="Recalls">Rising, 0 to 1.</param>
/// <param name="Precisions">As many, 0 to 1.</param>
public sealed record PrecisionRecallCurve(string Name, IReadOnlyList<double> Recalls, IReadOnlyList<double> Precisions);

/// <summary>Precision over recall of one category, a curve for each IoU threshold that is shown.</summary>
public static class PrecisionRecallPlot
{
    private const int Width = 720;
    private const int Height = 560;

    /// <summary>Draws the curves of a category.</summary>
    /// <param name="title">What stands on top.</param>
    /// <param name="curves">One or more.</param>
    /// <param name="pngPath">The picture.</param>
    /// <exception cref="SocoRunException">The picture cannot be written.</exception>
    public static void Save(string title, IReadOnlyList<PrecisionRecallCurve> curves, string pngPath)
    {
        var plot = new Plot();
        foreach (PrecisionRecallCurve curve in curves)
        {
            ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(curve.Recalls.ToArray(), curve.Precisions.ToArray());
            line.LineWidth = 2.5f;
            line.LegendText = curve.Name;
        }

        plot.Title(title);
        plot.XLabel("recall, share of the objects that are found");
        plot.YLabel("precision, share of the detections that are right");
        plot.Axes.SetLimits(0, 1, 0, 1.02);
        plot.ShowLegend(Edge.Bottom);
        PlotFont.Use(plot);
        byte[] png = plot.GetImageBytes(Width, Height, ImageFormat.Png);
        AtomicFile.Write(pngPath, png);
    }
}
