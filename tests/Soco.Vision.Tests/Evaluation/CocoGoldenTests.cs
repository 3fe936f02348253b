using System.Text.Json;
using Soco.TestSupport;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Vision.Tests.Evaluation;

[Trait("Category", "Golden")]
public sealed class CocoGoldenTests
{
    private const double Agreement = 1e-9;

    [Theory]
    [InlineData("bbox", IouType.Box, 1)]
    [InlineData("segm", IouType.Mask, 1)]
    [InlineData("bbox", IouType.Box, 3)]
    [InlineData("segm", IouType.Mask, 3)]
    public void The_numbers_are_those_of_pycocotools(string name, IouType type, int threads)
    {
        Assert.SkipUnless(File.Exists(GoldenFiles.Coco), $"{GoldenFiles.Coco} is not there; name COCO annotations in SOCO_COCO.");
        CocoDataset truth = CocoReader.Read(GoldenFiles.Coco);
        foreach (string file in GoldenFiles.Matching("coco_expected*.json"))
        {
            using var expected = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!expected.RootElement.TryGetProperty(name, out JsonElement numbers))
            {
                continue;
            }

            IReadOnlyList<CocoDetection> detections = CocoResults.Read(file.Replace("coco_expected", "coco_detections"), truth).Detections;
            CocoMetrics metrics = CocoEvaluator.Evaluate(truth, detections, type, new CocoEvaluationOptions { Threads = threads });

            double[] stats = [.. numbers.GetProperty("stats").EnumerateArray().Select(value => value.GetDouble())];
            Assert.Equal(stats.Length, metrics.Numbers.Count);
            for (int i = 0; i < stats.Length; i++)
            {
                Assert.True(
                    Math.Abs(stats[i] - metrics.Numbers[i].Value) < Agreement,
                    $"{file}: {name} {metrics.Numbers[i].Name} is {metrics.Numbers[i].Value}, expected {stats[i]}"
                );
            }

            Dictionary<int, double> categories = metrics.Categories.ToDictionary(
                category => category.Category!.Id,
                category => category.Ap
            );
            foreach (JsonProperty category in numbers.GetProperty("ap_per_category").EnumerateObject())
            {
                Assert.Equal(category.Value.GetDouble(), categories[int.Parse(category.Name)], Agreement);
            }
        }
    }
}
