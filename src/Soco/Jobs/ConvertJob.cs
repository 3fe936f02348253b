using Soco.Detection.Data;
using Soco.Vision;
using Soco.Vision.Annotations;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Vision.Sources;

namespace Soco.Jobs;

/// <summary>What a conversion of labels is asked for.</summary>
public sealed record ConvertRequest
{
    /// <summary>The labels: a COCO JSON, a PASCAL VOC folder, or a YOLO data set.</summary>
    public required string Annotations { get; init; }

    /// <summary>Where the images are; null: where the labels say.</summary>
    public string? Images { get; init; }

    /// <summary>The split of a VOC folder or a YOLO data set; null: all of a VOC folder, train of a YOLO data set.</summary>
    public string? Split { get; init; }

    /// <summary>The format to write.</summary>
    public required LabelFormat Format { get; init; }

    /// <summary>The folder to write to.</summary>
    public required string Output { get; init; }

    /// <summary>Whether the images are copied beside the labels.</summary>
    public bool CopiesImages { get; init; } = true;
}

/// <summary>What a conversion wrote.</summary>
/// <param name="Images">Number of images.</param>
/// <param name="Objects">Number of objects, without those that the format could not hold.</param>
/// <param name="Losses">What the format could not hold.</param>
/// <param name="Mended">What the labels had that cannot be used.</param>
public sealed record ConvertResult(int Images, int Objects, LabelLosses Losses, MendedAnnotations Mended);

/// <summary>Labels of one format in another one.</summary>
/// <param name="request">What is asked for.</param>
public sealed class ConvertJob(ConvertRequest request)
{
    /// <summary>Converts.</summary>
    /// <param name="progress">Receives how far it is.</param>
    /// <param name="cancellationToken">Ends it; what is written stays.</param>
    /// <exception cref="SocoRequestException">The output cannot be written, or the images do not exist.</exception>
    /// <exception cref="SocoDataException">The labels are missing or damaged.</exception>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public ConvertResult Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        CocoDataset labels = LabelFiles.Read(request.Annotations, request.Split);
        using ImageSource source = LabelFiles.OpenImages(request.Annotations, request.Images is null ? [] : [request.Images]);
        OutputFolder.Make(request.Output);
        return Save(labels, source, request.Format, request.Output, request.CopiesImages, new JobReporter(progress), cancellationToken);
    }

    /// <summary>Writes labels, and copies their images.</summary>
    internal static ConvertResult Save(
        CocoDataset labels,
        ImageSource source,
        LabelFormat format,
        string folder,
        bool copiesImages,
        JobReporter reporter,
        CancellationToken cancellationToken
    )
    {
        var resolver = new ImageNameResolver(Enumerable.Range(0, source.Count).Select(source.NameOf));
        labels = labels.WithSizes(image => SizeOf(source, resolver.Find(image.FileName).Index));
        LabelLosses losses = LabelWriter.Save(labels, format, folder);
        string images = LabelWriter.ImagesIn(format, folder);
        int done = 0;
        foreach (CocoImage image in copiesImages ? labels.Images.Where(image => image.HasSize) : [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (resolver.Find(image.FileName).Index is >= 0 and var index)
            {
                AtomicFile.Write(Path.Combine(images, ImageNameResolver.Clean(image.FileName)), source.ReadBytes(index));
            }

            reporter.Advance("images", ++done, labels.Images.Count, null, "copied");
        }

        HashSet<long> kept = [.. labels.Images.Where(image => image.HasSize).Select(image => image.Id)];
        return new ConvertResult(
            kept.Count,
            labels.Annotations.Count(annotation => kept.Contains(annotation.ImageId)) - losses.Crowds,
            losses,
            labels.Mended
        );
    }

    private static (int Width, int Height)? SizeOf(ImageSource source, int index)
    {
        try
        {
            return index < 0 ? null : ImageDecoder.ReadSize(source.ReadBytes(index), source.NameOf(index));
        }
        catch (UnreadableImageException)
        {
            return null;
        }
    }
}
