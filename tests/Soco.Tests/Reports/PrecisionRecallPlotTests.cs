using SkiaSharp;
using Soco.Reports;

namespace Soco.Tests.Reports;

public sealed class PrecisionRecallPlotTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Each_curve_is_drawn_in_a_color_of_its_own()
    {
        string one = _temporary.File("one.png"),
            two = _temporary.File("two.png");
        var high = new PrecisionRecallCurve("IoU 0.50, AP 0.90", [0, 0.5, 1], [1, 0.95, 0.7]);
        var low = new PrecisionRecallCurve("IoU 0.75, AP 0.20", [0, 0.5, 1], [0.4, 0.2, 0]);

        PrecisionRecallPlot.Save("cat", [high], one);
        PrecisionRecallPlot.Save("cat", [high, low], two);

        Assert.Equal(1, Hues(one));
        Assert.Equal(2, Hues(two));
    }

    /// <summary>Strong hues that hundreds of pixels have.</summary>
    private static int Hues(string png)
    {
        using SKBitmap picture = SKBitmap.Decode(png);
        return picture
            .Pixels.Where(pixel => Math.Max(pixel.Red, pixel.Blue) - Math.Min(pixel.Red, pixel.Blue) > 120)
            .GroupBy(pixel => pixel)
            .Count(group => group.Count() > 300);
    }
}
