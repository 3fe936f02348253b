using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Reports;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;

namespace Soco.Jobs;

/// <summary>What a job of views is asked for.</summary>
public sealed record ViewsRequest
{
    /// <summary>The images.</summary>
    public required ImageSource Images { get; init; }

    /// <summary>How views are made.</summary>
    public required PretrainingRecipe Recipe { get; init; }

    /// <summary>The folder for the pictures.</summary>
    public required string Output { get; init; }

    /// <summary>Proposals made before; images without are searched.</summary>
    public ProposalStore? Proposals { get; init; }

    /// <summary>Images to draw, spread over all; 0: all.</summary>
    public int Count { get; init; }

    /// <summary>The epoch whose random choices are drawn, from 0.</summary>
    public int Epoch { get; init; }
}

/// <summary>Draws what a pretraining sees: every view with its boxes and their pyramid levels.</summary>
/// <param name="request">What is asked for.</param>
public sealed class ViewsJob(ViewsRequest request)
{
    /// <summary>Draws a picture for each image.</summary>
    /// <param name="progress">Receives the path of each picture.</param>
    /// <param name="cancellationToken">Stops after the picture that is under way.</param>
    /// <returns>The paths of the pictures.</returns>
    /// <exception cref="SocoRequestException">The output cannot be written.</exception>
    /// <exception cref="SocoRunException">No image can be read, or the disk is full.</exception>
    public IReadOnlyList<string> Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        ImageSource source = request.Images;
        int sheets = request.Count == 0 ? source.Count : Math.Min(request.Count, source.Count);
        var sampler = new ViewSampler(request.Recipe);
        Func<RgbImage, string, IReadOnlyList<BoxXywh>> propose = PretrainJob.StrategyOf(request.Recipe).NewWorker();
        OutputFolder.Make(request.Output);
        using var skipped = new SkippedList(Path.Combine(request.Output, "skipped.csv"), new JobReporter(progress));
        string[] pictures = PictureNames.Of(source);
        var drawn = new List<string>();
        for (int i = 0; i < sheets && !cancellationToken.IsCancellationRequested; i++)
        {
            int index = (int)((long)i * source.Count / sheets);
            string name = source.NameOf(index);
            try
            {
                RgbImage image = ImageDecoder.Decode(source.ReadBytes(index), name);
                if (request.Proposals is null || !request.Proposals.TryFind(name, out BoxXywh[] boxes))
                {
                    boxes = [.. propose(image, name)];
                }

                Sample sample = sampler.Make(image, boxes, request.Epoch, index, withGeometry: true);
                string path = Path.Combine(request.Output, pictures[index]);
                ImageWriter.SavePng(new ViewSheet { ShowLevels = request.Recipe.HasLevels }.Draw(image, boxes, sample, name), path);
                progress?.Report(new JobMessage(path));
                drawn.Add(path);
            }
            catch (UnreadableImageException exception)
            {
                skipped.Add(exception);
            }
        }

        return drawn.Count > 0 || cancellationToken.IsCancellationRequested
            ? drawn
            : throw new SocoRunException(
                $"None of the {sheets} images can be read; {Path.Combine(request.Output, "skipped.csv")} says why."
            );
    }
}
