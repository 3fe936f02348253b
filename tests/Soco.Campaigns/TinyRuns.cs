namespace Soco.Campaigns;

/// <summary>Settings that make networks so small that a step takes a fraction of a second.</summary>
internal static class TinyRuns
{
    /// <summary>Widths of a feature pyramid and a box head.</summary>
    public static readonly string[] Narrow =
    [
        "--set",
        "model.fpn_channels=8",
        "--set",
        "model.head_channels=8",
        "--set",
        "model.head_fc=16",
    ];

    /// <summary>Of <c>pretrain</c>, but for its length.</summary>
    public static readonly string[] Pretrain =
    [
        "--arch",
        "resnet18",
        "--view-size",
        "64",
        "--batch",
        "4",
        "--threads",
        "1",
        .. Narrow,
        "--set",
        "model.projector_hidden=16",
        "--set",
        "model.projector_out=8",
        "--set",
        "optimizer.warmup_epochs=1",
        "--set",
        "optimizer.base_lr=0.5",
        "--set",
        "logging.every_steps=1",
    ];

    /// <summary>Of <c>finetune</c>; the widths of the detector are those of its weights, or <see cref="Narrow"/>.</summary>
    public static readonly string[] Finetune =
    [
        "--batch",
        "2",
        "--iterations",
        "4",
        "--threads",
        "1",
        "--set",
        "input.short_side=[64, 64]",
        "--set",
        "input.test_short_side=64",
        "--set",
        "evaluation.every_steps=2",
        "--set",
        "evaluation.precise_norm_batches=1",
        "--set",
        "logging.every_steps=1",
        "--set",
        "model.regions_per_image=16",
    ];

    /// <summary>A study for <c>compare</c>: two scenes are learned from, and a cell takes a second.</summary>
    public const string Study = """
        data:
          scenes: {unlabelled: 8, labelled: 4, test: 3, width: 64, height: 64}
        budgets: [2]
        seeds: [1]
        pretraining:
          epochs: 1
          batch: 4
          views: {size: 64, view3_size: 32}
          model: {fpn_channels: 8, head_channels: 8, head_fc: 16, projector_hidden: 16, projector_out: 8}
          optimizer: {warmup_epochs: 0}
        finetuning:
          iterations: 2
          batch: 2
          model: {heads: box, fpn_channels: 8, head_channels: 8, head_fc: 16, regions_per_image: 16}
          input: {short_side: [64, 64], test_short_side: 64}
          evaluation: {every_steps: 0, precise_norm_batches: 1}
        arms:
          scratch: {}
          soco: {method: soco}
        """;
}
