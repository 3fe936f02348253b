using System.CommandLine;
using Soco.Detection.Data;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Yolo;
using Soco.Vision.Sources;

namespace Soco.Cli.Options;

/// <summary>
/// The options that name labelled images: a COCO JSON and the folder of its images; a PASCAL VOC folder or a YOLO data set, which have
/// both.
/// </summary>
internal sealed class LabelledData
{
    private readonly Option<string?> _annotations = new("--annotations")
    {
        Description =
            "The labels: a COCO JSON, a PASCAL VOC folder, the data.yaml of a YOLO data set, a folder of LabelMe's JSON, or an XML of CVAT.",
        HelpName = "FILE|DIR",
    };

    private readonly Option<string?> _images = new("--images")
    {
        Description =
            "The images: a folder, a zip or a tar. Default: those beside a COCO JSON, in a VOC folder, or where other labels say.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _split = new("--split")
    {
        Description = "The split of a VOC folder or a YOLO data set to learn from. Default: all of a VOC folder, train of a YOLO data set.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _validation = new("--val-annotations")
    {
        Description = "Labels to evaluate on; for a VOC folder or a YOLO data set --val-split is enough.",
        HelpName = "FILE|DIR",
    };

    private readonly Option<string?> _validationImages = new("--val-images")
    {
        Description = "The images of --val-annotations. Default: as for --images.",
        HelpName = "DIR",
    };
    private readonly Option<string?> _validationSplit = new("--val-split")
    {
        Description = "The split of a VOC folder or a YOLO data set to evaluate on, such as test. Default: val of another data.yaml.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _classes = new("--classes")
    {
        Description = "The classes to learn, with commas between. Default: all.",
        HelpName = "NAME,...",
    };

    private Option<string?>[] Options => [_annotations, _images, _split, _validation, _validationImages, _validationSplit, _classes];

    /// <summary>Whether labels were named.</summary>
    public bool IsGiven(ParseResult request) => request.GetValue(_annotations) is not null;

    /// <summary>The first of the options that was given; null where none was.</summary>
    public string? FirstGiven(ParseResult request) => Options.FirstOrDefault(option => request.GetValue(option) is not null)?.Name;

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option<string?> option in Options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Opens what was named.</summary>
    /// <returns>What to learn from, and what to evaluate on if it was named. The caller disposes both.</returns>
    /// <exception cref="SocoRequestException">The options do not go together, or name a class that is not there.</exception>
    /// <exception cref="SocoDataException">Annotations or images are missing or damaged.</exception>
    public (LabelledImages Training, LabelledImages? Validation) Open(ParseResult request)
    {
        string annotations = request.GetValue(_annotations)!;
        string? validation = request.GetValue(_validation),
            validationSplit = request.GetValue(_validationSplit),
            split = request.GetValue(_split);
        if (validationSplit is not null && validation is null && split is null && !YoloReader.IsYolo(annotations))
        {
            throw new SocoRequestException(
                "--val-split needs --split, or the detector would learn what it is evaluated on: say which split is for training."
            );
        }

        if (validationSplit is not null)
        {
            validation ??= annotations;
        }

        if (validation is null && request.GetValue(_validationImages) is { } alone)
        {
            throw new SocoRequestException($"--val-images {alone} has no labels: add --val-annotations.");
        }

        CocoDataset training = LabelFiles.Read(annotations, split);
        if (request.GetValue(_classes) is { } classes)
        {
            training = ClassChoice.Only(
                training,
                classes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                annotations
            );
        }

        if (training.Categories.Count == 0)
        {
            throw new SocoDataException($"{annotations} has no classes to learn: name annotations with categories.");
        }

        CocoDataset? measured = validation is null
            ? null
            : ClassChoice.Known(
                LabelFiles.Read(validation, validationSplit, usual: "val"),
                [.. training.Categories.Select(category => category.Name)]
            );
        if (measured is { Categories.Count: 0 })
        {
            throw new SocoDataException(
                $"{validation} has none of the classes that are learned ({string.Join(", ", training.Categories.Select(category => category.Name))}): evaluate on others."
            );
        }

        var images = new LabelledImages(OpenImages(annotations, request.GetValue(_images)), training, annotations);
        try
        {
            string? folder =
                request.GetValue(_validationImages)
                ?? (validation != annotations && Directory.Exists(validation) ? null : request.GetValue(_images));
            return (images, measured is null ? null : new LabelledImages(OpenImages(validation!, folder), measured, validation!));
        }
        catch
        {
            images.Dispose();
            throw;
        }
    }

    private static ImageSource OpenImages(string annotations, string? images) =>
        LabelFiles.OpenImages(annotations, images is null ? [] : [images]);
}
