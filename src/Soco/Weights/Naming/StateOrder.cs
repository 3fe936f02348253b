using System.Globalization;

namespace Soco.Weights.Naming;

/// <summary>
/// The order of a state dict: modules as the authors' code and torchvision define them, numbers as numbers, a module's parameters before
/// its statistics. Files that keep tensors by name or by size lose it.
/// </summary>
internal sealed class StateOrder : IComparer<string>
{
    /// <summary>Where two of these meet at the same place of a name, the first goes first.</summary>
    private static readonly string[] s_words =
    [
        "queue",
        "queue_ptr",
        "encoder",
        "neck",
        "head",
        "projector",
        "predictor",
        "encoder_k",
        "neck_k",
        "head_k",
        "projector_k",
        "backbone",
        "rpn",
        "roi_heads",
        "body",
        "fpn",
        "box_head",
        "box_predictor",
        "mask_head",
        "mask_predictor",
        "conv",
        "cls_logits",
        "cls_score",
        "bbox_pred",
        "conv5_mask",
        "mask_fcn_logits",
        "inner_blocks",
        "layer_blocks",
        "lateral_convs",
        "fpn_convs",
        "conv1",
        "linear1",
        "bn1",
        "conv2",
        "linear2",
        "bn2",
        "conv3",
        "bn3",
        "conv4",
        "bn4",
        "downsample",
        "bn",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "fc",
        "fc1",
        "fc6",
        "fc7",
        "norm",
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    ];

    private static readonly Dictionary<string, int> s_ranks = s_words
        .Select((word, rank) => (word, rank))
        .ToDictionary(item => item.word, item => item.rank);

    private StateOrder() { }

    /// <summary>The order.</summary>
    public static StateOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? first, string? second)
    {
        string[] ours = first!.Split('.'),
            theirs = second!.Split('.');
        for (int i = 0; i < Math.Min(ours.Length, theirs.Length); i++)
        {
            int order = CompareParts(ours[i], theirs[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return ours.Length.CompareTo(theirs.Length);
    }

    private static int CompareParts(string first, string second)
    {
        (int firstRank, int secondRank) = (RankOf(first), RankOf(second));
        return firstRank != secondRank ? firstRank.CompareTo(secondRank) : string.CompareOrdinal(first, second);
    }

    /// <summary>Numbers come first, unknown words last.</summary>
    private static int RankOf(string part) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number - int.MaxValue
            : s_ranks.GetValueOrDefault(part, int.MaxValue);
}
