using System.Text.Json;
using CsCheck;
using Soco.Optimization;
using Soco.TestSupport;

namespace Soco.Tests.Optimization;

public sealed class SchedulesTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void Learning_rates_are_those_of_the_published_code() =>
        Assert.All(
            GoldenFiles.Matching("lars_cosine*.json"),
            path =>
            {
                using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(path));
                double Value(string name) => golden.RootElement.GetProperty(name).GetDouble();
                double perEpoch = Value("iterations_per_epoch");

                double[] expected = [.. golden.RootElement.GetProperty("learning_rates").EnumerateArray().Select(rate => rate.GetDouble())];
                double[] rates =
                [
                    .. Enumerable
                        .Range(0, expected.Length)
                        .Select(step =>
                            Schedules.LearningRate(
                                step,
                                (long)(perEpoch * Value("epochs")),
                                (long)(perEpoch * Value("warmup_epochs")),
                                Value("base_lr"),
                                Value("eta_min"),
                                Value("warmup_multiplier")
                            )
                        ),
                ];

                Assert.All(expected.Zip(rates), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            }
        );

    [Fact]
    public void The_rate_starts_at_a_fraction_of_the_peak_reaches_it_and_ends_at_the_final_rate()
    {
        Assert.Equal(0.08, Schedules.LearningRate(0, 100, 10, 8, 1e-6, 100), 1e-12);
        Assert.Equal(8, Schedules.LearningRate(10, 100, 10, 8, 1e-6, 100), 1e-12);
        Assert.Equal(1e-6, Schedules.LearningRate(100, 100, 10, 8, 1e-6, 100), 1e-12);
    }

    [Fact]
    public void The_rate_stays_between_its_ends_whatever_the_lengths() =>
        Gen.Select(Gen.Long[0, 2000], Gen.Long[1, 1000], Gen.Long[0, 1000])
            .Sample(
                (step, total, warmup) =>
                {
                    double rate = Schedules.LearningRate(step, total, warmup, 1, 0.001, 1000);

                    Assert.InRange(rate, 0.001 * (1 - 1e-9), 1 + 1e-9);
                }
            );

    [Fact]
    public void A_run_no_longer_than_its_warm_up_is_all_warm_up()
    {
        Assert.Equal(0.5, Schedules.LearningRate(49, 50, 99, 1, 0, 100), 1e-12);
        Assert.Equal(1, Schedules.LearningRate(10, 10, 10, 1, 0, 100), 1e-12);
    }

    [Fact]
    public void Without_warm_up_the_first_rate_is_the_peak() => Assert.Equal(1, Schedules.LearningRate(0, 10, 0, 1, 0, 100), 1e-12);

    [Theory]
    [InlineData(0, 0.99)]
    [InlineData(50, 0.995)]
    [InlineData(100, 1)]
    public void The_target_momentum_rises_from_its_start_to_one(long step, double momentum) =>
        Assert.Equal(momentum, Schedules.EmaMomentum(step, 100, 0.99), 1e-12);
}
