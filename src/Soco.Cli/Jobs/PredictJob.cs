using System.Diagnostics;
using System.Globalization;
using Soco.Cli.Terminal;
using Soco.Detection.Inference;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runs;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Drawing;
using Soco.Vision.IO;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;
using TorchSharp;

namespace Soco.Cli.Jobs;

/// <summary>Finds the objects in images and writes them down.</summary>
/// <param name="source">The images.</param>
/// <param name="output">The folder for the results.</param>
/// <param name="interruption">Ctrl-C and SIGTERM.</param>
internal sealed class PredictJob(ImageSource source, string output, Interruption interruption)
{
    /// <summary>Score from which objects are drawn and counted.</summary>
    public double Threshold { get; init; }

    /// <summary>Whether pictures are drawn.</summary>
    public bool Draws { get; init; }

    /// <summary>Threads of computation; 0 is one for each core.</summary>
    public int Threads { get; init; }

    /// <summary>Runs a detector.</summary>
    /// <param name="weights">The run or file that has it.</param>
    /// <returns>The exit code.</returns>
    public int Run(string weights)
    {
        (MaskRcnn detector, DetectionRecipe recipe, IReadOnlyList<CocoCategory> classes) = DetectorWeights.Open(weights);
        using (detector)
        {
            recipe = recipe with { Threads = Threads, Device = ComputeDevice.Auto };
            torch.set_num_threads(recipe.ThreadCount);
            Folder();
            using var skipped = new SkippedList(Path.Combine(output, "skipped.csv"));
            long[] ids = IdsOf(source);
            string[] pictures = PictureNames.Of(source);
            var images = new List<CocoImage>();
            var detections = new List<CocoDetection>();
            int shown = 0;
            var clock = Stopwatch.StartNew();
            ProgressLine.Run("images", progress =>
            {
                foreach (DetectedImage found in new ImageDetector(detector, recipe).Detect(source, [.. Enumerable.Range(0, source.Count)], null, skipped.Add))
                {
                    string name = source.NameOf(found.Index);
                    images.Add(new CocoImage(ids[found.Index], name, found.Image.Width, found.Image.Height));
                    CocoDetection[] all = [.. found.Objects.Select(item => new CocoDetection(
                        ids[found.Index], classes[item.Label].Id, CocoBox.From(item.Box), item.Score, item.Mask) { FileName = name })];
                    detections.AddRange(all);
                    CocoDetection[] sure = [.. all.Where(item => item.Score >= Threshold)];
                    shown += sure.Length;
                    if (Draws)
                    {
                        ImageWriter.SavePng(new DetectionDrawing(classes).Draw(found.Image, sure), Path.Combine(PicturesPath, pictures[found.Index]));
                    }

                    double rate = images.Count / clock.Elapsed.TotalSeconds;
                    progress.Report(images.Count, source.Count, TimeSpan.FromSeconds((source.Count - images.Count) / rate), $"{rate:0.0} images/s");
                    if (interruption.Token.IsCancellationRequested)
                    {
                        break;
                    }
                }

                return true;
            });
            double seconds = clock.Elapsed.TotalSeconds;
            if (images.Count == 0)
            {
                throw new SocoRunException($"None of the {source.Count} images can be read; {Path.Combine(output, "skipped.csv")} says why.");
            }

            CocoWriter.Save(new CocoDataset(images, classes, []), Path.Combine(output, "images.json"));
            CocoResults.Save(detections, Path.Combine(output, "detections.json"));
            Console.WriteLine($"{detections.Count} detections: {Path.Combine(output, "detections.json")}; their images and classes: {Path.Combine(output, "images.json")}");
            if (interruption.Token.IsCancellationRequested)
            {
                Console.Error.WriteLine($"Interrupted after {images.Count} of {source.Count} images; what was found in them is written.");
                return interruption.ExitCode;
            }

            Console.WriteLine($"{Plural.Of(images.Count, "image")}, {Plural.Of(shown, "object")} of score {Threshold:0.00} and up{(Draws ? $", drawn in {PicturesPath}" : "")}, {images.Count / seconds:0.00} images/s");
            return 0;
        }
    }

    private string PicturesPath => Path.Combine(output, "pictures");

    /// <summary>COCO names its images by their ids, 000000000139.jpg; other images count from 1.</summary>
    private static long[] IdsOf(ImageSource source)
    {
        long?[] numbers = [.. Enumerable.Range(0, source.Count).Select(index =>
            long.TryParse(Path.GetFileNameWithoutExtension(source.NameOf(index)), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : (long?)null)];
        return numbers.All(number => number is not null) && numbers.Distinct().Count() == numbers.Length
            ? [.. numbers.Select(number => number!.Value)]
            : [.. Enumerable.Range(1, source.Count).Select(number => (long)number)];
    }

    private void Folder()
    {
        // Pictures of an earlier prediction beside the detections of this one would tell of other images.
        if (File.Exists(Path.Combine(output, "images.json")) && !RunFolder.IsRun(output))
        {
            OutputFolder.Delete(PicturesPath);
        }

        OutputFolder.Make(Draws ? PicturesPath : output);
    }
}
