using CsCheck;
using Soco.Reports.Html;

namespace Soco.Tests.Reports.Html;

public sealed class DecimationTests
{
    [Fact]
    public void A_spike_of_one_step_among_a_hundred_thousand_stays()
    {
        CurvePoint[] points =
        [
            .. Enumerable.Range(1, 100_000).Select(step => new CurvePoint(step, step == 61_803 ? 40 : Math.Sin(step / 900.0))),
        ];

        IReadOnlyList<CurvePoint> kept = Decimation.Extremes(points, 1000);

        Assert.InRange(kept.Count, 900, 1000);
        Assert.Contains(points[61_802], kept);
    }

    [Fact]
    public void Of_any_curve_the_ends_the_order_and_the_extremes_stay() =>
        Gen.Select(Gen.Double[-100, 100].Array[2, 400], Gen.Int[4, 60])
            .Sample(
                (values, most) =>
                {
                    CurvePoint[] points = [.. values.Select((value, i) => new CurvePoint(i, value))];
                    IReadOnlyList<CurvePoint> kept = Decimation.Extremes(points, most);
                    Assert.True(kept.Count <= Math.Max(most, Math.Min(most, points.Length)));
                    Assert.Equal((points[0], points[^1]), (kept[0], kept[^1]));
                    Assert.True(kept.Zip(kept.Skip(1)).All(pair => pair.First.X < pair.Second.X));
                    Assert.Equal((values.Min(), values.Max()), (kept.Min(point => point.Y), kept.Max(point => point.Y)));
                }
            );

    [Fact]
    public void A_short_curve_is_left_as_it_is()
    {
        CurvePoint[] points = [new(1, 3), new(2, 1)];

        Assert.Equal(points, Decimation.Extremes(points, 4));
        Assert.Equal(points, Decimation.Even(points, 2));
        Assert.Empty(Decimation.Smooth([]));
    }

    [Fact]
    public void Even_points_keep_both_ends()
    {
        CurvePoint[] points = [.. Enumerable.Range(0, 1000).Select(i => new CurvePoint(i, i))];

        IReadOnlyList<CurvePoint> kept = Decimation.Even(points, 7);

        Assert.Equal(7, kept.Count);
        Assert.Equal((0.0, 999.0), (kept[0].X, kept[^1].X));
    }

    [Fact]
    public void Smoothing_keeps_lines_and_does_not_lag_behind()
    {
        CurvePoint[] flat = [.. Enumerable.Range(0, 90).Select(i => new CurvePoint(i, -2))];
        Assert.All(Decimation.Smooth(flat), point => Assert.Equal(-2, point.Y, 1e-12));

        CurvePoint[] step =
        [
            .. Enumerable
                .Range(0, 601)
                .Select(i => new CurvePoint(
                    i,
                    i < 300 ? 1
                        : i > 300 ? 0
                        : 0.5
                )),
        ];
        IReadOnlyList<CurvePoint> smooth = Decimation.Smooth(step);
        Assert.Equal(0.5, smooth[300].Y, 1e-6);
        Assert.Equal(1, smooth[240].Y + smooth[360].Y, 1e-6);
        Assert.InRange(smooth[240].Y, 0.99, 1);
    }
}
