using Soco.Annotations;
using Soco.Data;
using Soco.Detection;
using Soco.Images;
using Soco.Training;

namespace Soco.Cli;

/// <summary>What a detector is taught, and what it then finds, for a person to look at.</summary>
/// <param name="folder">The run.</param>
internal sealed class DetectionPictures(RunFolder folder)
{
    private const int Count = 4;
    private const double LeastScore = 0.5;

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
                int index = images.SourceIndexOf(place);
                RgbImage image = ImageDecoder.Decode(images.Source.ReadBytes(index), images.Source.NameOf(index));
                images.Check(place, image);
                ImageWriter.SavePng(new DetectionDrawing(images.Classes).DrawTruth(image, truth[place]), path);
            }
            catch (UnreadableImageException)
            {
                // The loader meets it too, and lists it.
            }
        }
    }

    /// <summary>Draws labels and finds of the run's best detector side by side: <c>found-1.png</c> and so on.</summary>
    public void DrawFinds(LabelledImages images)
    {
        (MaskRcnn detector, DetectionRecipe recipe, IReadOnlyList<CocoCategory> classes) = DetectorWeights.Open(folder.Root);
        using (detector)
        {
            Dictionary<string, int> ids = images.Classes.ToDictionary(category => category.Name, category => category.Id);
            IReadOnlyList<CocoAnnotation>[] truth = images.Truth.AnnotationsByImage();
            int[] places = Places(images);
            foreach (DetectedImage found in new ImageDetector(detector, recipe).Detect(images.Source, [.. places.Select(images.SourceIndexOf)], null, _ => { }))
            {
                int number = Array.FindIndex(places, place => images.SourceIndexOf(place) == found.Index);
                CocoImage image = images.ImageAt(places[number]);
                CocoDetection[] sure = [.. found.Objects
                    .Where(item => item.Score >= LeastScore && ids.ContainsKey(classes[item.Label].Name))
                    .Select(item => new CocoDetection(image.Id, ids[classes[item.Label].Name], CocoBox.From(item.Box), item.Score, item.Mask))];
                ImageWriter.SavePng(
                    new DetectionDrawing(images.Classes).Compare(found.Image, truth[places[number]], sure, image.FileName), PathOf("found", number));
            }
        }
    }

    private static int[] Places(LabelledImages images)
    {
        int count = Math.Min(Count, images.Count);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * images.Count / count))];
    }

    private string PathOf(string what, int number) => Path.Combine(folder.PicturesPath, $"{what}-{number + 1}.png");
}
