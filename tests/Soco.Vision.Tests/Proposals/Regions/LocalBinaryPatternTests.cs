using CsCheck;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals.Regions;
using Soco.Vision.Random;

namespace Soco.Vision.Tests.Proposals.Regions;

public sealed class LocalBinaryPatternTests
{
    [Fact]
    public void Vector_codes_equal_the_plain_ones_flat_areas_included() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 20], Gen.Int[1, 256], Gen.Int[0, 255], Gen.Int[0, int.MaxValue])
            .Sample(
                (width, height, levels, lowest, seed) =>
                {
                    var image = new RgbImage(width, height);
                    var random = new CounterRandom((ulong)seed, 0, 0, 0);
                    foreach (ref byte level in image.Pixels.AsSpan())
                    {
                        level = (byte)Math.Min(255, lowest + random.NextInt(levels));
                    }

                    double[,][] expected = PlainSelectiveSearch.Patterns(image);
                    int stride = LocalBinaryPattern.CodeStrideOf(width),
                        rows = 0;
                    new LocalBinaryPattern().Rows(
                        image,
                        (y, codes) =>
                        {
                            rows++;
                            for (int i = 0; i < 3 * width; i++)
                            {
                                Assert.Equal(expected[y, i / 3][i % 3], codes[i % 3 * stride + i / 3]);
                            }
                        }
                    );
                    Assert.Equal(height, rows);
                },
                iter: 300
            );
}
