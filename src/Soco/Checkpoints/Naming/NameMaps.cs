namespace Soco.Checkpoints.Naming;

/// <summary>
/// The names of one network in the frameworks that its weights go to and come from. Soco's own are the authors' for what is pretrained
/// (<c>encoder</c>, <c>neck</c>, <c>head</c>) and torchvision's for a detector (<c>backbone.body</c>, <c>backbone.fpn</c>, ...).
/// </summary>
internal static class NameMaps
{
    /// <summary>Pretrained parts to a detector with a pyramid.</summary>
    public static NameMap Detector { get; } = new([("encoder.{*}", "backbone.body.{*}"), .. DetectorNeckAndHead]);

    /// <summary>Pretrained parts to a detector on C4, whose box head is the backbone's last stage.</summary>
    public static NameMap DetectorC4 { get; } = new(("encoder.layer4.{*}", "roi_heads.box_head.layer4.{*}"), ("encoder.{*}", "backbone.body.{*}"));

    /// <summary>Pretrained backbone to torchvision's classifier.</summary>
    public static NameMap Torchvision { get; } = new(("encoder.conv1", "conv1"), ("encoder.bn1", "bn1"), ("encoder.layer{a}.{*}", "layer{a}.{*}"));

    /// <summary>Pretrained parts to detectron2, as the authors' converter names them.</summary>
    public static NameMap Detectron2 { get; } = new(
        ("encoder.conv1", "stem.conv1"),
        ("encoder.bn1", "stem.conv1.norm"),
        ("encoder.layer{a}.{b}.conv{c}", "res{a+1}.{b}.conv{c}"),
        ("encoder.layer{a}.{b}.bn{c}", "res{a+1}.{b}.conv{c}.norm"),
        ("encoder.layer{a}.{b}.downsample.0", "res{a+1}.{b}.shortcut"),
        ("encoder.layer{a}.{b}.downsample.1", "res{a+1}.{b}.shortcut.norm"),
        ("neck.lateral_convs.{a}.conv", "fpn_lateral{a+2}"),
        ("neck.lateral_convs.{a}.bn", "fpn_lateral{a+2}.norm"),
        ("neck.fpn_convs.{a}.conv", "fpn_output{a+2}"),
        ("neck.fpn_convs.{a}.bn", "fpn_output{a+2}.norm"),
        ("head.conv{a}", "box_head.conv{a}"),
        ("head.bn{a}", "box_head.conv{a}.norm"),
        ("head.fc{a}", "box_head.fc{a}"));

    /// <summary>Pretrained parts to mmdetection, as the authors' converter names them.</summary>
    public static NameMap Mmdetection { get; } = new(
        ("encoder.{*}", "backbone.{*}"),
        ("neck.{*}", "neck.{*}"),
        ("head.conv{a}", "roi_head.bbox_head.shared_convs.{a-1}.conv"),
        ("head.bn{a}", "roi_head.bbox_head.shared_convs.{a-1}.bn"),
        ("head.fc{a}", "roi_head.bbox_head.shared_fcs.{a-1}"));

    private static (string, string)[] DetectorNeckAndHead =>
    [
        ("neck.lateral_convs.{a}.conv", "backbone.fpn.inner_blocks.{a}.0"),
        ("neck.lateral_convs.{a}.bn", "backbone.fpn.inner_blocks.{a}.1"),
        ("neck.fpn_convs.{a}.conv", "backbone.fpn.layer_blocks.{a}.0"),
        ("neck.fpn_convs.{a}.bn", "backbone.fpn.layer_blocks.{a}.1"),
        ("head.conv{a}", "roi_heads.box_head.{a-1}.0"),
        ("head.bn{a}", "roi_heads.box_head.{a-1}.1"),
        ("head.fc1", "roi_heads.box_head.5"),
    ];
}
