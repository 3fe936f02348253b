using CsCheck;
using Soco.Detection.Model;
using Soco.Vision.Random;

namespace Soco.Tests.Detection.Model;

public class BalancedSamplerTests
{
    [Fact]
    public void Objects_fill_their_share_at_most_and_background_fills_the_rest() =>
        Gen.Select(Gen.Int[-2, 3].Array[0, 200], Gen.Int[0, 100], Gen.Double[0, 1], Gen.ULong)
            .Sample(
                (matches, count, fraction, seed) =>
                {
                    (int[] positives, int[] negatives) = Draw(matches, count, fraction, seed);

                    int objects = Math.Min(matches.Count(m => m >= 0), (int)(count * fraction));
                    Assert.Equal(objects, positives.Length);
                    Assert.Equal(Math.Min(matches.Count(m => m == BoxMatcher.Background), count - objects), negatives.Length);
                    Assert.All(positives, i => Assert.True(matches[i] >= 0));
                    Assert.All(negatives, i => Assert.Equal(BoxMatcher.Background, matches[i]));
                    Assert.Equal(positives.Distinct().Order(), positives);
                    Assert.Equal(negatives.Distinct().Order(), negatives);
                }
            );

    [Fact]
    public void The_same_key_draws_the_same_and_another_key_something_else()
    {
        int[] matches = [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? 0 : BoxMatcher.Background)];

        Assert.Equal(Draw(matches, 40, 0.5, 1), Draw(matches, 40, 0.5, 1), Same);
        Assert.NotEqual(Draw(matches, 40, 0.5, 1).Positives, Draw(matches, 40, 0.5, 2).Positives);

        static bool Same((int[] P, int[] N) a, (int[] P, int[] N) b) => a.P.SequenceEqual(b.P) && a.N.SequenceEqual(b.N);
    }

    [Fact]
    public void Every_candidate_is_drawn_equally_often()
    {
        var drawn = new int[20];
        int[] matches = [.. Enumerable.Repeat(BoxMatcher.Background, drawn.Length)];
        for (ulong seed = 0; seed < 2000; seed++)
        {
            foreach (int i in Draw(matches, 5, 0.5, seed).Negatives)
            {
                drawn[i]++;
            }
        }

        // 500 each, standard deviation 19; the seeds are fixed.
        Assert.All(drawn, count => Assert.InRange(count, 420, 580));
    }

    private static (int[] Positives, int[] Negatives) Draw(int[] matches, int count, double fraction, ulong seed)
    {
        var random = new CounterRandom(seed, 0, 0, 0);
        return new BalancedSampler(count, fraction).Sample(matches, ref random);
    }
}
