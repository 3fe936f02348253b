using SkiaSharp;
using Soco.Reports;
using Soco.Training;

namespace Soco.Tests.Reports;

public sealed class LossCurveTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly RunFolder _folder;

    public LossCurveTests() => _folder = RunFolder.Create(_temporary.File("run"));

    public void Dispose() => _temporary.Dispose();

    private string Png => Path.Combine(_folder.PicturesPath, "loss.png");

    [Fact]
    public void A_run_becomes_a_picture_of_four_panels()
    {
        WriteRun(300);

        LossCurve.Save(_folder.LogPath, Png);

        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal((1000, 4 * 270), (picture.Width, picture.Height));
        Assert.InRange(Inked(picture), 0.02, 0.5);
    }

    [Fact]
    public void A_log_with_fewer_values_has_fewer_panels()
    {
        using (var log = new RunLog(_folder, 0))
        {
            log.Write(1, new Dictionary<string, double> { ["loss"] = -1, ["lr"] = double.NaN });
        }

        LossCurve.Save(_folder.LogPath, Png);

        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal(2 * 270, picture.Height);
    }

    [Fact]
    public void The_evaluations_of_a_detector_have_a_panel_of_their_own()
    {
        using (var log = new RunLog(_folder, 0))
        {
            for (int step = 1; step <= 20; step++)
            {
                log.Write(step, new Dictionary<string, double> { ["loss"] = 2.0 / step, ["loss_cls"] = 1.0 / step, ["lr"] = 0.01 });
                if (step % 10 == 0)
                {
                    log.Write(step, new Dictionary<string, double> { ["ap"] = 0.02 * step, ["ap50"] = 0.03 * step });
                }
            }
        }

        LossCurve.Save(_folder.LogPath, Png);

        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal(4 * 270, picture.Height);
        Assert.InRange(Inked(picture), 0.02, 0.5);
    }

    [Fact]
    public void An_empty_log_is_one_sentence()
    {
        WriteRun(0);

        Assert.Contains("holds no step yet", Assert.Throws<SocoDataException>(() => LossCurve.Save(_folder.LogPath, Png)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Smoothing_keeps_a_constant_and_does_not_lean_on_the_start()
    {
        Assert.All(LossCurve.Smooth([.. Enumerable.Repeat(-2.0, 90)]), value => Assert.Equal(-2, value, 1e-12));
        Assert.Equal(5, LossCurve.Smooth([5, 0, 0])[0]);
    }

    private void WriteRun(int steps)
    {
        using var log = new RunLog(_folder, 0);
        var random = new CounterRandom(1, 0, 0, 0);
        for (int step = 1; step <= steps; step++)
        {
            double fallen = -3 * (1 - Math.Exp(-step / 80.0));
            log.Write(step, new Dictionary<string, double>
            {
                ["loss"] = 2 * fallen + 0.3 * random.NextGaussian(),
                ["loss_12"] = fallen + 0.2 * random.NextGaussian(),
                ["loss_13"] = fallen + 0.3 + 0.2 * random.NextGaussian(),
                ["lr"] = Schedules.LearningRate(step, steps, 30, 1, 1e-6, 100),
                ["embedding_std"] = 0.08 - 0.02 * step / steps,
                ["projector_std_min"] = 0.03,
                ["projector_std_mean"] = 0.07,
            });
        }
    }

    private static double Inked(SKBitmap picture) => picture.Pixels.Count(pixel => pixel.Red + pixel.Green + pixel.Blue < 600) / (double)picture.Pixels.Length;
}
