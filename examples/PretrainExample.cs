using Soco.Jobs;
using Soco.Recipes;
using Soco.Vision.Sources;

namespace Soco.Examples;

/// <summary>A pretraining: proposals, training and weights in one folder. A second run resumes it.</summary>
internal static class PretrainExample
{
    public static void Run(string folder, string output)
    {
        using ImageSource images = ImageSource.Open(folder);
        PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>("nano", ["epochs=2"]);
        TrainingResult run = new PretrainJob(
            new PretrainRequest
            {
                Images = images,
                Output = output,
                Recipe = recipe,
            }
        ).Run(new Printer());
        Console.WriteLine($"{run.Outcome} after {run.Step} steps: {run.Folder.WeightsPath}");
    }

    /// <summary>Prints the events of a job.</summary>
    private sealed class Printer : IProgress<JobEvent>
    {
        public void Report(JobEvent value) =>
            Console.WriteLine(
                value switch
                {
                    JobMessage message => message.Text,
                    JobWarning warning => $"Warning: {warning.Text}",
                    JobProgress progress => $"{progress.Stage} {progress.Done}/{progress.Total} {progress.Details}",
                    _ => "",
                }
            );
    }
}
