using CsCheck;
using Soco.Embedding;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Embedding;

public sealed class FarthestFirstTests
{
    private const int Count = 9;

    [Fact]
    public void The_radius_is_at_most_twice_that_of_the_best_subset() =>
        Directions.Sample(values =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor directions = DirectionsOf(values);
            double[,] distances = Distances(directions);
            foreach (int chosen in new[] { 1, 2, 3 })
            {
                Selection selection = FarthestFirst.Choose(directions, [.. Enumerable.Range(0, Count)], chosen);
                double radius = Radius(distances, selection.Images);

                Assert.Equal(radius, selection.Radii[^1], 1e-3);
                Assert.True(radius <= 2 * Subsets(chosen).Min(subset => Radius(distances, subset)) + 1e-3);
            }
        });

    [Fact]
    public void The_first_choices_of_a_longer_selection_are_the_shorter_one_and_begin_nearest_to_the_mean() =>
        Directions.Sample(values =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor directions = DirectionsOf(values);
            int[] images = [.. Enumerable.Range(0, Count)];
            Selection all = FarthestFirst.Choose(directions, images, Count);

            Assert.Equal(directions.mv(directions.mean([0])).argmax().item<long>(), all.Images[0]);
            Assert.Equal(images, all.Images.Order());
            Assert.Equal(0, all.Radii[^1]);
            Assert.Equal(all.Radii.OrderDescending(), all.Radii);
            for (int count = 1; count < Count; count++)
            {
                Assert.Equal(all.Images.Take(count), FarthestFirst.Choose(directions, images, count).Images);
            }
        });

    [Fact]
    public void Rare_images_are_covered_that_a_random_subset_of_this_size_misses()
    {
        // 190 images of one kind, and one of each of ten others.
        using DisposeScope scope = NewDisposeScope();
        Tensor directions = nn.functional.normalize(
            cat([eye(11).narrow(0, 0, 1).expand(190, 11).clone(), eye(11).narrow(0, 1, 10)]).add(linspace(0, 0.01, 200).unsqueeze(1)),
            p: 2,
            dim: 1
        );

        Selection selection = FarthestFirst.Choose(directions, [.. Enumerable.Range(0, 200)], 11);

        Assert.Equal(Enumerable.Range(190, 10), selection.Images.Where(image => image >= 190).Order());
        double[,] distances = Distances(directions);
        double random = Enumerable
            .Range(0, 50)
            .Min(seed =>
                Radius(distances, [.. Enumerable.Range(0, 200).OrderBy(image => (image * 7919L + seed * 104729L) % 211).Take(11)])
            );
        Assert.True(selection.Radii[^1] < random / 10, $"{selection.Radii[^1]} and {random}");
    }

    [Fact]
    public void An_image_is_chosen_for_its_farthest_box_and_then_all_its_boxes_are_covered()
    {
        using DisposeScope scope = NewDisposeScope();
        // Image 0 is central, image 1 has a box like it and one far away, image 2 is between.
        Tensor directions = nn.functional.normalize(tensor(new float[] { 1, 0, 1, 0.01f, 0, 1, 1, 0.5f }, [4, 2]), p: 2, dim: 1);

        Selection selection = FarthestFirst.Choose(directions, [0, 1, 1, 2], 2);

        Assert.Equal([2, 1], selection.Images);
    }

    private static Gen<float[]> Directions =>
        Gen.Float[-1, 1].Array[Count * 3].Where(values => values.Chunk(3).All(row => row.Sum(value => value * value) > 0.01f));

    private static Tensor DirectionsOf(float[] values) => nn.functional.normalize(tensor(values, [Count, 3]), p: 2, dim: 1);

    private static double[,] Distances(Tensor directions)
    {
        float[] values = directions.data<float>().ToArray();
        int count = (int)directions.shape[0],
            dimensions = (int)directions.shape[1];
        var distances = new double[count, count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                distances[i, j] = Math.Sqrt(
                    Enumerable
                        .Range(0, dimensions)
                        .Sum(at => Math.Pow((double)values[i * dimensions + at] - values[j * dimensions + at], 2))
                );
            }
        }

        return distances;
    }

    private static double Radius(double[,] distances, IReadOnlyList<int> chosen) =>
        Enumerable.Range(0, distances.GetLength(0)).Max(image => chosen.Min(center => distances[image, center]));

    private static IEnumerable<int[]> Subsets(int size) =>
        Enumerable
            .Range(0, 1 << Count)
            .Where(bits => int.PopCount(bits) == size)
            .Select(bits => Enumerable.Range(0, Count).Where(image => (bits >> image & 1) == 1).ToArray());
}
