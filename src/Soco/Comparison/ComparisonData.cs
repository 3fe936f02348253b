using System.ComponentModel.DataAnnotations;
using Soco.Vision.Scenes;

namespace Soco.Comparison;

/// <summary>What a comparison learns from and is measured on: drawn scenes, or files.</summary>
public sealed record ComparisonData
{
    /// <summary>The scenes; null where there are files.</summary>
    public SceneSplits? Scenes { get; init; }

    /// <summary>Images for pretraining; labels that come with them are not looked at.</summary>
    public DataFiles? Unlabelled { get; init; }

    /// <summary>Labelled images, which the budgets are taken from.</summary>
    public DataFiles? Labelled { get; init; }

    /// <summary>Labelled images that choose among the evaluations of a fine-tuning; null: the last weights count.</summary>
    public DataFiles? Validation { get; init; }

    /// <summary>Labelled images that the finished detectors are measured on, and nothing else.</summary>
    public DataFiles? Test { get; init; }
}

/// <summary>Files that a split is read from; relative paths are under the data root.</summary>
/// <param name="Images">Images: folders, archives, files. Without any they are where the annotations are.</param>
/// <param name="Annotations">A COCO JSON or a PASCAL VOC folder; null for images alone.</param>
/// <param name="Split">The split of a VOC folder; null for all of it.</param>
public sealed record DataFiles(IReadOnlyList<string> Images, string? Annotations, string? Split);

/// <summary>
/// Drawn scenes: how many for each split, and what they are like (<see cref="SceneOptions"/>). Each split has a seed of its own.
/// </summary>
public sealed record SceneSplits
{
    private static readonly SceneOptions s_plain = new();

    /// <summary>Scenes for pretraining.</summary>
    [Range(2, 1000000)]
    public int Unlabelled { get; init; } = 2000;

    /// <summary>Labelled scenes, which the budgets are taken from.</summary>
    [Range(1, 1000000)]
    public int Labelled { get; init; } = 200;

    /// <summary>Scenes that choose among the evaluations of a fine-tuning; 0: the last weights count.</summary>
    [Range(0, 1000000)]
    public int Validation { get; init; }

    /// <summary>Scenes that the finished detectors are measured on.</summary>
    [Range(1, 1000000)]
    public int Test { get; init; } = 300;

    /// <summary>Seed of all splits.</summary>
    [Range(0, long.MaxValue)]
    public long Seed { get; init; }

    /// <inheritdoc cref="SceneOptions.Width"/>
    [Range(32, 8192)]
    public int Width { get; init; } = s_plain.Width;

    /// <inheritdoc cref="SceneOptions.Height"/>
    [Range(32, 8192)]
    public int Height { get; init; } = s_plain.Height;

    /// <inheritdoc cref="SceneOptions.MinObjects"/>
    [Range(1, 255)]
    public int MinObjects { get; init; } = s_plain.MinObjects;

    /// <inheritdoc cref="SceneOptions.MaxObjects"/>
    [Range(1, 255)]
    public int MaxObjects { get; init; } = s_plain.MaxObjects;

    /// <inheritdoc cref="SceneOptions.MinSize"/>
    [Range(0, 1, MinimumIsExclusive = true)]
    public double MinSize { get; init; } = s_plain.MinSize;

    /// <inheritdoc cref="SceneOptions.MaxSize"/>
    [Range(0, 1, MinimumIsExclusive = true)]
    public double MaxSize { get; init; } = s_plain.MaxSize;

    /// <inheritdoc cref="SceneOptions.MinVisible"/>
    [Range(0, 1)]
    public double MinVisible { get; init; } = s_plain.MinVisible;

    /// <summary>How they are drawn.</summary>
    internal SceneOptions Options =>
        new()
        {
            Width = Width,
            Height = Height,
            MinObjects = MinObjects,
            MaxObjects = MaxObjects,
            MinSize = MinSize,
            MaxSize = MaxSize,
            MinVisible = MinVisible,
        };

    /// <summary>The splits that have scenes, each with its number of them; the order decides their seeds.</summary>
    internal IReadOnlyList<(string Split, int Count)> Counts =>
        [("unlabelled", Unlabelled), ("labelled", Labelled), ("validation", Validation), ("test", Test)];
}
