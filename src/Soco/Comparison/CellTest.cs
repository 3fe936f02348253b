using Soco.Detection.Data;
using Soco.Detection.Inference;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Training;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;
using TorchSharp;

namespace Soco.Comparison;

/// <summary>The test of a finished fine-tuning: its detections, and what they are worth.</summary>
/// <param name="folder">Of the comparison.</param>
/// <param name="test">The test images.</param>
internal sealed class CellTest(ComparisonFolder folder, LabelledImages test)
{
    /// <summary>
    /// Runs a cell's detector over the test images and writes detections and figures; with the figures the cell is finished.
    /// </summary>
    /// <param name="cell">The cell; its fine-tuning is done.</param>
    /// <param name="pretrainingSeconds">Time of the pretraining's steps.</param>
    /// <param name="threads">Threads of computation; 0 is one for each core.</param>
    /// <param name="looked">Told the number of images looked at, after each one.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>Null when interrupted.</returns>
    public CellResult? Run(
        ComparisonCell cell,
        double pretrainingSeconds,
        int threads,
        Action<int> looked,
        CancellationToken cancellationToken
    )
    {
        RunFolder run = RunFolder.Open(folder.FinetuningPath(cell));
        (MaskRcnn detector, DetectionRecipe recipe, IReadOnlyList<CocoCategory> classes) = DetectorWeights.Open(run.Root);
        using (detector)
        {
            recipe = recipe with { Threads = threads };
            torch.set_num_threads(recipe.ThreadCount);
            detector.to(Devices.Resolve(recipe.Device));

            // A test image that cannot be read counts as one in which nothing was found.
            var evaluation = new DetectionEvaluation(test, classes, _ => { });
            detector.eval();
            if (evaluation.Find(new ImageDetector(detector, recipe), looked, cancellationToken) is not { } found)
            {
                return null;
            }

            CocoResults.Save(found, folder.DetectionsPath(cell));
            IReadOnlyList<CocoMetrics> metrics = evaluation.Metrics(found, detector.Options.WithMasks, recipe.ThreadCount);
            var result = new CellResult(
                cell.Arm.Name,
                cell.Budget,
                cell.Seed,
                CellFigures.Of(metrics[0].Overall),
                metrics.Count > 1 ? CellFigures.Of(metrics[1].Overall) : null,
                [
                    .. metrics[0]
                        .Categories.Select(one => new ClassFigures(
                            one.Category!.Name,
                            one.Objects,
                            CellFigures.Known(one.Ap),
                            CellFigures.Known(one.Ap50)
                        )),
                ],
                Math.Round(pretrainingSeconds, 1),
                Math.Round(RunLog.TrainingSeconds(run.LogPath, recipe.Batch), 1),
                recipe.Iterations,
                Path.GetRelativePath(folder.Root, run.Root).Replace('\\', '/')
            );
            result.Save(folder.CellPath(cell));
            return result;
        }
    }
}
