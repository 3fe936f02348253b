using Soco.Detection.Data;
using Soco.Runs;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Drawing;
using Soco.Vision.Evaluation;
using Soco.Vision.Imaging;

namespace Soco.Reports;

/// <summary>What a detector is taught, and what it then finds, for a person to look at.</summary>
/// <param name="folder">The run.</param>
internal sealed class DetectionPictures(RunFolder folder)
{
    private const int LabelCount = 4;
    private const int WorstCount = 6;
    private const int TypicalCount = 2;

    /// <summary>Draws the labels of a few images: <c>labels-1.png</c> and so on.</summary>
    public void DrawLabels(LabelledImages images)
    {
        IReadOnlyList<CocoAnnotation>[] truth = images.Truth.AnnotationsByImage();
        foreach ((int number, int place) in Places(images).Index())
        {
            string path = PathOf("labels", number);
            if (File.Exists(path))
            {
                continue;
            }

            try
            {
                ImageWriter.SavePng(new DetectionDrawing(images.Classes).DrawTruth(Read(images, place), truth[place]), path);
            }
            catch (UnreadableImageException)
            {
                // The loader meets it too, and lists it.
            }
        }
    }

    /// <summary>
    /// Draws what the run's best detector found beside the truth: <c>found-1.png</c> and so on, the images with the worst errors first,
    /// then a few that are neither good nor bad; <c>found.json</c> tells of each.
    /// </summary>
    /// <param name="images">The images that the detections are of.</param>
    /// <param name="detections">COCO results.</param>
    public void DrawFinds(LabelledImages images, string detections)
    {
        DetectionErrors errors = DetectionErrors.Of(images.Truth, CocoResults.Read(detections, images.Truth).Detections);
        ImageErrors[] worstFirst = [.. errors.Images.OrderByDescending(image => image.Badness)];
        ImageErrors[] typical = [.. worstFirst.Skip(Math.Max(WorstCount, (worstFirst.Length - TypicalCount) / 2)).Take(TypicalCount)];
        Dictionary<long, int> places = images.Truth.ImageIndices();
        var drawn = new List<FoundPicture>();
        foreach (ImageErrors image in worstFirst.Take(WorstCount).Concat(typical))
        {
            try
            {
                int objects = image.Found.Count + image.Missed.Count;
                string path = PathOf("found", drawn.Count);
                RgbImage picture = new DetectionDrawing(images.Classes).Compare(
                    Read(images, places[image.Image.Id]),
                    image.Found,
                    image.Missed,
                    image.Right,
                    image.FalseAlarms,
                    image.Image.FileName
                );
                ImageWriter.SavePng(picture, path);
                drawn.Add(
                    new FoundPicture(
                        Path.GetFileName(path),
                        image.Image.FileName,
                        objects,
                        image.Missed.Count,
                        image.FalseAlarms.Count,
                        IsTypical: Array.IndexOf(typical, image) >= 0
                    )
                );
            }
            catch (UnreadableImageException)
            {
                // The evaluation met it too, and listed it.
            }
        }

        new FoundPictures(double.IsFinite(errors.Score) ? errors.Score : 1, drawn).Save(folder.FoundPath);
    }

    private static RgbImage Read(LabelledImages images, int place)
    {
        int index = images.SourceIndexOf(place);
        RgbImage image = ImageDecoder.Decode(images.Source.ReadBytes(index), images.Source.NameOf(index));
        images.Check(place, image);
        return image;
    }

    private static int[] Places(LabelledImages images)
    {
        int count = Math.Min(LabelCount, images.Count);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * images.Count / count))];
    }

    private string PathOf(string what, int number) => Path.Combine(folder.PicturesPath, $"{what}-{number + 1}.png");
}
