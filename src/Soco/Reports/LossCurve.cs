using ScottPlot;
using SkiaSharp;
using Soco.Training;

namespace Soco.Reports;

/// <summary>
/// A run's log as a picture: the loss, its parts, the learning rate, and the spread of the embeddings (one that falls towards 0 is a
/// collapse) or the precision of the detector, one panel each over the optimiser step.
/// </summary>
public static class LossCurve
{
    private const int Width = 1000;
    private const int PanelHeight = 270;

    private static readonly string[] s_precisions = ["ap", "ap50", "mask_ap", "mask_ap50"];
    private static readonly string[] s_spreads = ["embedding_std", "projector_std_mean", "projector_std_min"];

    /// <summary>Draws a log.</summary>
    /// <param name="jsonlPath">The run's <c>log.jsonl</c>.</param>
    /// <param name="pngPath">The picture.</param>
    /// <exception cref="SocoDataException">The log cannot be read or holds no step.</exception>
    /// <exception cref="SocoRunException">The picture cannot be written.</exception>
    public static void Save(string jsonlPath, string pngPath)
    {
        IReadOnlyList<IReadOnlyDictionary<string, double>> lines = RunLog.Read(jsonlPath);
        if (lines.Count == 0)
        {
            throw new SocoDataException($"{jsonlPath} holds no step yet; train first, or lower logging.every_steps.");
        }

        string[] parts = [.. lines.SelectMany(line => line.Keys).Where(name => name.StartsWith("loss_", StringComparison.Ordinal)).Distinct().Order()];
        bool pairs = parts.Contains("loss_1_2");
        var picture = new Multiplot();
        Panel[] panels =
        [
            new Panel(pairs ? "loss, at best -4 a view pair" : "loss", ["loss"], Bold: true),
            new Panel(pairs ? "loss of a view pair, smoothed" : "parts of the loss, smoothed", parts, Smoothed: true),
            new Panel("learning rate", ["lr"]),
            new Panel("standard deviation", s_spreads, FromZero: true),
            new Panel("average precision", s_precisions, FromZero: true),
        ];
        panels = [.. panels.Select(panel => panel with { Names = [.. panel.Names.Where(name => lines.Any(line => line.ContainsKey(name)))] })
            .Where(panel => panel.Names.Length > 0)];
        picture.RemovePlot(picture.GetPlot(0));
        foreach (Panel panel in panels)
        {
            Draw(panel, lines, picture.AddPlot());
        }

        using SKSurface surface = SKSurface.Create(new SKImageInfo(Width, PanelHeight * panels.Length));
        picture.Render(surface.Canvas, new PixelRect(0, Width, PanelHeight * panels.Length, 0));
        using SKImage image = surface.Snapshot();
        using SKData png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        AtomicFile.Write(pngPath, png.SaveTo);
    }

    /// <summary>An exponential moving average over about a thirtieth of the points, without the pull of its start.</summary>
    internal static double[] Smooth(IReadOnlyList<double> values)
    {
        double keep = 1 - 2 / (values.Count / 30.0 + 2);
        double sum = 0, weight = 0;
        return [.. values.Select(value =>
        {
            sum = keep * sum + value;
            weight = keep * weight + 1;
            return sum / weight;
        })];
    }

    private static void Draw(Panel panel, IReadOnlyList<IReadOnlyDictionary<string, double>> lines, Plot plot)
    {
        foreach (string name in panel.Names)
        {
            (double Step, double Value)[] points = [.. lines
                .Select(line => (line["step"], line.GetValueOrDefault(name, double.NaN)))
                .Where(point => double.IsFinite(point.Item2))];
            double[] steps = [.. points.Select(point => point.Step)];
            double[] values = [.. points.Select(point => point.Value)];
            if (panel.Bold)
            {
                AddLine(plot, steps, values, 1, "each logged step").Color = Colors.C0.WithOpacity(0.35);
                AddLine(plot, steps, Smooth(values), 3, "smoothed").Color = Colors.C0;
            }
            else
            {
                AddLine(plot, steps, panel.Smoothed ? Smooth(values) : values, 2, name);
            }
        }

        plot.XLabel("optimiser step");
        plot.YLabel(panel.Title);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsX(lines[0]["step"], Math.Max(lines[^1]["step"], lines[0]["step"] + 1));
        if (panel.FromZero)
        {
            // The distance to 0 is the message; the headroom is the legend's.
            plot.Axes.SetLimitsY(0, 1.5 * Math.Max(plot.Axes.GetLimits().Top, 1e-6));
        }

        plot.Axes.Left.MinimumSize = 90;
        plot.Axes.Right.MinimumSize = 30;
        plot.ShowLegend(Alignment.UpperRight);
        PlotFont.Use(plot);
    }

    private static ScottPlot.Plottables.Scatter AddLine(Plot plot, double[] steps, double[] values, float width, string name)
    {
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(steps, values);
        line.LineWidth = width;
        line.LegendText = name;
        return line;
    }

    private sealed record Panel(string Title, string[] Names, bool Bold = false, bool Smoothed = false, bool FromZero = false);
}
