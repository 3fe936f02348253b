using Soco.Detection.Data;
using Soco.Jobs;
using Soco.Recipes;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;
using Soco.Vision.Sources;

namespace Soco.Examples;

/// <summary>Trains a detector on labels, runs it, evaluates its detections with COCO's metrics and draws them.</summary>
internal static class FinetuneExample
{
    public static void Run(string annotations, string folder, string output)
    {
        CocoDataset labels = LabelFiles.Read(annotations, split: null);
        using var images = new LabelledImages(ImageSource.Open(folder), labels, annotations);
        DetectionRecipe recipe = Recipe.Load<DetectionRecipe>("nano", ["iterations=10", "batch=2"]);
        TrainingResult run = new FinetuneJob(
            new FinetuneRequest
            {
                Images = images,
                Output = Path.Combine(output, "detector"),
                Recipe = recipe,
            }
        ).Run();

        PredictResult found = new PredictJob(
            new PredictRequest
            {
                Images = images.Source,
                Weights = run.Folder.Root,
                Output = Path.Combine(output, "found"),
            }
        ).Run();
        IReadOnlyList<CocoDetection> detections = CocoResults.Read(found.DetectionsPath, labels).Detections;
        CocoMetrics metrics = CocoEvaluator.Evaluate(labels, detections);
        Console.WriteLine($"AP50 {metrics.Ap50 * 100:0.0} % on the images it learned from; pictures in {found.PicturesPath}");
    }
}
