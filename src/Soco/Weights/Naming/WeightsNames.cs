namespace Soco.Weights.Naming;

/// <summary>Recognises whose names a file carries, and gives its tensors Soco's.</summary>
/// <param name="Format">Whose names they are.</param>
/// <param name="Kind">What they belong to.</param>
/// <param name="Map">Soco's name of each tensor that has one, and the file's.</param>
internal sealed record WeightsNames(WeightsFormat Format, WeightsKind Kind, IReadOnlyList<(string Ours, string Theirs)> Map)
{
    private const string TrainedPrefix = "model.";
    private const string Layer1 = "layer1.0.bn1.weight";
    private const string Layer1OfSequence = "4.0.bn1.weight";

    /// <summary>What DataParallel and torch.compile put before each name.</summary>
    private static readonly string[] s_wrappers = ["module.", "_orig_mod."];

    /// <summary>Of two backbones in a file these are the ones that learn; their moving averages come after all others.</summary>
    private static readonly string[] s_averages = ["encoder_k", "momentum", "target", "teacher", "ema"];

    /// <summary>The children of torchvision's ResNet in a sequence, as lightly keeps them.</summary>
    private static readonly (string Place, string Name)[] s_sequence =
    [
        ("0.", "conv1."),
        ("1.", "bn1."),
        ("4.", "layer1."),
        ("5.", "layer2."),
        ("6.", "layer3."),
        ("7.", "layer4."),
    ];

    public static WeightsNames Recognise(IReadOnlyList<string> names)
    {
        (string Plain, string Theirs)[] plain = [.. Strip(names)];
        bool Any(params string[] starts) => plain.Any(name => starts.Any(start => name.Plain.StartsWith(start, StringComparison.Ordinal)));

        if (Any("backbone.body."))
        {
            return Any("rpn.", "roi_heads.box_predictor.")
                ? new WeightsNames(
                    WeightsFormat.Torchvision,
                    WeightsKind.Detector,
                    Unique(plain, name => NameMaps.OldTorchvisionDetector.ToOurs(name) ?? name)
                )
                : Pretrained(WeightsFormat.Torchvision, NameMaps.Detector.ToOurs, plain);
        }

        if (Any("encoder."))
        {
            bool onlyBackbone = !Any("neck.", "head.", "projector.");
            return new WeightsNames(
                WeightsFormat.Soco,
                onlyBackbone ? WeightsKind.Backbone : WeightsKind.Pretrained,
                Unique(plain, name => name)
            );
        }

        if (Any("proposal_generator.", "roi_heads.res5.", "backbone.bottom_up."))
        {
            NameMap map = NameMaps.Detectron2Detector(onC4: Any("roi_heads.res5."), deepRpn: Any("proposal_generator.rpn_head.conv.conv"));
            bool twoLayers = !Any("roi_heads.box_head.conv");
            return new WeightsNames(
                WeightsFormat.Detectron2,
                WeightsKind.Detector,
                Unique(plain, name => TwoLayerHead(name, twoLayers, "roi_heads.box_head.fc", 1) ?? map.ToOurs(name))
            );
        }

        if (Any("rpn_head.", "roi_head.bbox_head.fc_cls."))
        {
            bool twoLayers = !Any("roi_head.bbox_head.shared_convs.");
            return new WeightsNames(
                WeightsFormat.Mmdetection,
                WeightsKind.Detector,
                Unique(
                    plain,
                    name => TwoLayerHead(name, twoLayers, "roi_head.bbox_head.shared_fcs.", 0) ?? NameMaps.MmdetectionDetector.ToOurs(name)
                )
            );
        }

        return Any("stem.conv1.", "res2.") ? Pretrained(WeightsFormat.Detectron2, NameMaps.Detectron2.ToOurs, plain)
            : Any("backbone.layer1.") ? Pretrained(WeightsFormat.Mmdetection, NameMaps.Mmdetection.ToOurs, plain)
            : Any("layer1.") ? Pretrained(WeightsFormat.Torchvision, NameMaps.Torchvision.ToOurs, plain)
            : Inner(plain) is { } inner ? Pretrained(WeightsFormat.Torchvision, NameMaps.Torchvision.ToOurs, inner)
            : new WeightsNames(WeightsFormat.Other, WeightsKind.Unknown, Unique(plain, name => name));
    }

    /// <summary>A checkpoint of a run holds the model beside the optimizer; a model that was trained in parallel is wrapped.</summary>
    private static IEnumerable<(string Plain, string Theirs)> Strip(IReadOnlyList<string> names)
    {
        bool trained = names.Any(name =>
            name.StartsWith(TrainedPrefix + "encoder.", StringComparison.Ordinal)
            || name.StartsWith(TrainedPrefix + "backbone.", StringComparison.Ordinal)
        );
        return names
            .Where(name => !trained || name.StartsWith(TrainedPrefix, StringComparison.Ordinal))
            .Select(name => (Unwrapped(Without(name, trained ? TrainedPrefix : "")), name));
    }

    private static string Unwrapped(string name)
    {
        while (s_wrappers.FirstOrDefault(wrapper => name.StartsWith(wrapper, StringComparison.Ordinal)) is { } wrapper)
        {
            name = name[wrapper.Length..];
        }

        return name;
    }

    /// <summary>
    /// The names below a prefix under which they are those of torchvision's ResNet, told by its first block, whatever the prefix is called;
    /// null where there is none.
    /// </summary>
    private static (string, string)[]? Inner((string Plain, string Theirs)[] plain)
    {
        string? first = plain
            .Select(name => name.Plain)
            .Where(name =>
                name.EndsWith("." + Layer1, StringComparison.Ordinal)
                || ("." + name).EndsWith("." + Layer1OfSequence, StringComparison.Ordinal)
            )
            .OrderBy(name => s_averages.Any(average => name.Contains(average, StringComparison.Ordinal)))
            .ThenBy(name => name.Length)
            .FirstOrDefault();
        if (first is null)
        {
            return null;
        }

        bool inSequence = !first.EndsWith(Layer1, StringComparison.Ordinal);
        string prefix = first[..^(inSequence ? Layer1OfSequence : Layer1).Length];
        return
        [
            .. plain
                .Where(name => name.Plain.StartsWith(prefix, StringComparison.Ordinal))
                .Select(name => (inSequence ? OfSequence(name.Plain[prefix.Length..]) : name.Plain[prefix.Length..], name.Theirs)),
        ];
    }

    private static string OfSequence(string name) =>
        s_sequence.FirstOrDefault(child => name.StartsWith(child.Place, StringComparison.Ordinal)) is { Place: { } place, Name: var named }
            ? named + name[place.Length..]
            : name;

    private static string Without(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;

    /// <summary>
    /// The box head of two fully connected layers and no convolutions, as torchvision names it: <c>fc6</c> and <c>fc7</c>.
    /// </summary>
    private static string? TwoLayerHead(string name, bool has, string layer, int first) =>
        !has ? null
        : name.StartsWith($"{layer}{first}.", StringComparison.Ordinal) ? "roi_heads.box_head.fc6" + name[(layer.Length + 1)..]
        : name.StartsWith($"{layer}{first + 1}.", StringComparison.Ordinal) ? "roi_heads.box_head.fc7" + name[(layer.Length + 1)..]
        : null;

    private static WeightsNames Pretrained(WeightsFormat format, Func<string, string?> toOurs, (string Plain, string Theirs)[] plain)
    {
        (string Ours, string)[] mapped = Unique(plain, toOurs);
        bool onlyBackbone = mapped.All(name => name.Ours.StartsWith("encoder.", StringComparison.Ordinal));
        return new WeightsNames(format, onlyBackbone ? WeightsKind.Backbone : WeightsKind.Pretrained, mapped);
    }

    /// <summary>Renames; of two names that become one the first stays.</summary>
    private static (string Ours, string Theirs)[] Unique((string Plain, string Theirs)[] names, Func<string, string?> toOurs) =>
        [
            .. names
                .Select(name => (Ours: toOurs(name.Plain), name.Theirs))
                .Where(name => name.Ours is not null)
                .DistinctBy(name => name.Ours)
                .Select(name => (name.Ours!, name.Theirs)),
        ];
}
