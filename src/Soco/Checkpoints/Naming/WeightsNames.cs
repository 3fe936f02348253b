namespace Soco.Checkpoints.Naming;

/// <summary>Recognises whose names a file carries, and gives its tensors Soco's.</summary>
/// <param name="Format">Whose names they are.</param>
/// <param name="Kind">What they belong to.</param>
/// <param name="Map">Soco's name of each tensor that has one, and the file's.</param>
internal sealed record WeightsNames(WeightsFormat Format, WeightsKind Kind, IReadOnlyList<(string Ours, string Theirs)> Map)
{
    private const string TrainedPrefix = "model.";
    private const string ParallelPrefix = "module.";

    public static WeightsNames Recognise(IReadOnlyList<string> names)
    {
        (string Plain, string Theirs)[] plain = [.. Strip(names)];
        bool Any(params string[] starts) => plain.Any(name => starts.Any(start => name.Plain.StartsWith(start, StringComparison.Ordinal)));

        if (Any("backbone.body."))
        {
            return Any("rpn.", "roi_heads.box_predictor.", "roi_heads.mask_")
                ? new WeightsNames(WeightsFormat.Torchvision, WeightsKind.Detector, plain)
                : Pretrained(WeightsFormat.Torchvision, NameMaps.Detector, plain);
        }

        if (Any("encoder."))
        {
            return new WeightsNames(WeightsFormat.Soco, Any("neck.", "head.", "projector.") ? WeightsKind.Pretrained : WeightsKind.Backbone, plain);
        }

        return Any("stem.conv1.") ? Pretrained(WeightsFormat.Detectron2, NameMaps.Detectron2, plain)
            : Any("backbone.layer1.") ? Pretrained(WeightsFormat.Mmdetection, NameMaps.Mmdetection, plain)
            : Any("layer1.") ? Pretrained(WeightsFormat.Torchvision, NameMaps.Torchvision, plain)
            : new WeightsNames(WeightsFormat.Other, WeightsKind.Unknown, plain);
    }

    /// <summary>A checkpoint of a run holds the model beside the optimiser; a model that was trained in parallel is wrapped.</summary>
    private static IEnumerable<(string Plain, string Theirs)> Strip(IReadOnlyList<string> names)
    {
        bool trained = names.Any(name => name.StartsWith(TrainedPrefix + "encoder.", StringComparison.Ordinal) || name.StartsWith(TrainedPrefix + "backbone.", StringComparison.Ordinal));
        return names
            .Where(name => !trained || name.StartsWith(TrainedPrefix, StringComparison.Ordinal))
            .Select(name => (Without(Without(name, trained ? TrainedPrefix : ""), ParallelPrefix), name));
    }

    private static string Without(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;

    private static WeightsNames Pretrained(WeightsFormat format, NameMap map, (string Plain, string Theirs)[] plain)
    {
        (string Ours, string)[] mapped = [.. plain
            .Select(name => (Ours: map.ToOurs(name.Plain), name.Theirs))
            .Where(name => name.Ours is not null)
            .Select(name => (name.Ours!, name.Theirs))];
        bool onlyBackbone = mapped.All(name => name.Ours.StartsWith("encoder.", StringComparison.Ordinal));
        return new WeightsNames(format, onlyBackbone ? WeightsKind.Backbone : WeightsKind.Pretrained, mapped);
    }
}
