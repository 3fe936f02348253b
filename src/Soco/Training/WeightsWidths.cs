using Soco.Checkpoints;

namespace Soco.Training;

/// <summary>What a detector must be like for the weights of a file to fit it: told by the names and shapes of the tensors.</summary>
public static class WeightsWidths
{
    private static readonly string[] s_bodies = ["encoder.", "backbone.body."];
    private static readonly string[] s_pyramids = ["neck.lateral_convs.0.conv.weight", "backbone.fpn.inner_blocks.0.0.weight"];
    private static readonly string[] s_convolutions = ["head.conv1.weight", "roi_heads.box_head.0.0.weight"];
    private static readonly string[] s_layers = ["head.fc1.weight", "roi_heads.box_head.5.weight", "roi_heads.box_head.6.weight"];

    /// <summary>The keys of a <see cref="DetectionRecipe"/> that follow, as overrides; none for what the file does not have.</summary>
    /// <param name="weights">The weights.</param>
    public static IReadOnlyList<string> OverridesOf(WeightsFile weights)
    {
        HashSet<string> names = [.. weights.Names];
        List<string> overrides = [];
        foreach (string body in s_bodies)
        {
            if (ArchOf(names, body) is { } arch)
            {
                overrides.Add($"arch={arch}");
            }
        }

        Add("model.fpn_channels", s_pyramids);
        Add("model.head_channels", s_convolutions);
        Add("model.head_fc", s_layers);
        return overrides;

        void Add(string key, string[] candidates)
        {
            if (candidates.FirstOrDefault(names.Contains) is { } name)
            {
                overrides.Add($"{key}={weights.Shape(name)[0]}");
            }
        }
    }

    private static string? ArchOf(HashSet<string> names, string body)
    {
        if (!names.Contains(body + "layer3.0.conv1.weight"))
        {
            return null;
        }

        bool bottleneck = names.Contains(body + "layer3.0.conv3.weight");
        int depth = Enumerable.Range(0, 100).TakeWhile(block => names.Contains($"{body}layer3.{block}.conv1.weight")).Count();
        return (bottleneck, depth) switch
        {
            (false, 2) => "resnet18",
            (false, 6) => "resnet34",
            (true, 6) => "resnet50",
            (true, 23) => "resnet101",
            _ => null,
        };
    }
}
