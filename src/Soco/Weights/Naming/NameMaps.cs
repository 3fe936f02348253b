namespace Soco.Weights.Naming;

/// <summary>
/// The names of one network in the frameworks that its weights go to and come from. Soco's own are the authors' for what is pretrained
/// (<c>encoder</c>, <c>neck</c>, <c>head</c>) and torchvision's for a detector (<c>backbone.body</c>, <c>backbone.fpn</c>, ...).
/// </summary>
internal static class NameMaps
{
    /// <summary>Pretrained parts to a detector. On C4 the backbone's last stage is the box head and keeps its name.</summary>
    public static NameMap Detector { get; } =
        new(
            ("encoder.{*}", "backbone.body.{*}"),
            ("neck.lateral_convs.{a}.conv", "backbone.fpn.inner_blocks.{a}.0"),
            ("neck.lateral_convs.{a}.bn", "backbone.fpn.inner_blocks.{a}.1"),
            ("neck.fpn_convs.{a}.conv", "backbone.fpn.layer_blocks.{a}.0"),
            ("neck.fpn_convs.{a}.bn", "backbone.fpn.layer_blocks.{a}.1"),
            ("head.conv{a}", "roi_heads.box_head.{a-1}.0"),
            ("head.bn{a}", "roi_heads.box_head.{a-1}.1"),
            ("head.fc1", "roi_heads.box_head.5")
        );

    /// <summary>Pretrained backbone to torchvision's classifier.</summary>
    public static NameMap Torchvision { get; } =
        new(("encoder.conv1", "conv1"), ("encoder.bn1", "bn1"), ("encoder.layer{a}.{*}", "layer{a}.{*}"));

    /// <summary>torchvision's detectors as they were named before 0.13.</summary>
    public static NameMap OldTorchvisionDetector { get; } =
        new(
            ("backbone.fpn.inner_blocks.{a}.0", "backbone.fpn.inner_blocks.{a}"),
            ("backbone.fpn.layer_blocks.{a}.0", "backbone.fpn.layer_blocks.{a}"),
            ("rpn.head.conv.0.0", "rpn.head.conv"),
            ("roi_heads.mask_head.{a-1}.0", "roi_heads.mask_head.mask_fcn{a}")
        );

    /// <summary>Pretrained parts to detectron2, as the authors' converter names them.</summary>
    public static NameMap Detectron2 { get; } =
        new([
            .. Detectron2Backbone("encoder", ""),
            ("neck.lateral_convs.{a}.conv", "fpn_lateral{a+2}"),
            ("neck.lateral_convs.{a}.bn", "fpn_lateral{a+2}.norm"),
            ("neck.fpn_convs.{a}.conv", "fpn_output{a+2}"),
            ("neck.fpn_convs.{a}.bn", "fpn_output{a+2}.norm"),
            ("head.conv{a}", "box_head.conv{a}"),
            ("head.bn{a}", "box_head.conv{a}.norm"),
            ("head.fc{a}", "box_head.fc{a}"),
        ]);

    /// <summary>Pretrained parts to mmdetection, as the authors' converter names them.</summary>
    public static NameMap Mmdetection { get; } =
        new(
            ("encoder.{*}", "backbone.{*}"),
            ("neck.{*}", "neck.{*}"),
            ("head.conv{a}", "roi_head.bbox_head.shared_convs.{a-1}.conv"),
            ("head.bn{a}", "roi_head.bbox_head.shared_convs.{a-1}.bn"),
            ("head.fc{a}", "roi_head.bbox_head.shared_fcs.{a-1}")
        );

    /// <summary>A detector of mmdetection.</summary>
    public static NameMap MmdetectionDetector { get; } =
        new(
            ("backbone.body.{*}", "backbone.{*}"),
            ("backbone.fpn.inner_blocks.{a}.0", "neck.lateral_convs.{a}.conv"),
            ("backbone.fpn.inner_blocks.{a}.1", "neck.lateral_convs.{a}.bn"),
            ("backbone.fpn.layer_blocks.{a}.0", "neck.fpn_convs.{a}.conv"),
            ("backbone.fpn.layer_blocks.{a}.1", "neck.fpn_convs.{a}.bn"),
            ("rpn.head.conv.0.0", "rpn_head.rpn_conv"),
            ("rpn.head.cls_logits", "rpn_head.rpn_cls"),
            ("rpn.head.bbox_pred", "rpn_head.rpn_reg"),
            ("roi_heads.box_head.{a}.0", "roi_head.bbox_head.shared_convs.{a}.conv"),
            ("roi_heads.box_head.{a}.1", "roi_head.bbox_head.shared_convs.{a}.bn"),
            ("roi_heads.box_head.5", "roi_head.bbox_head.shared_fcs.0"),
            ("roi_heads.box_predictor.cls_score", "roi_head.bbox_head.fc_cls"),
            ("roi_heads.box_predictor.bbox_pred", "roi_head.bbox_head.fc_reg"),
            ("roi_heads.mask_head.{a}.0", "roi_head.mask_head.convs.{a}.conv"),
            ("roi_heads.mask_head.{a}.1", "roi_head.mask_head.convs.{a}.bn"),
            ("roi_heads.mask_predictor.conv5_mask", "roi_head.mask_head.upsample"),
            ("roi_heads.mask_predictor.mask_fcn_logits", "roi_head.mask_head.conv_logits")
        );

    /// <summary>A detector of detectron2.</summary>
    /// <param name="onC4">Whether the last stage is the box head, with a norm after it (detectron2's Res5ROIHeads).</param>
    /// <param name="deepRpn">Whether the RPN has several 3x3 convolutions, of which each has a name.</param>
    public static NameMap Detectron2Detector(bool onC4, bool deepRpn) =>
        new([
            .. onC4 ? Detectron2LastStage : [],
            .. Detectron2Backbone("backbone.body", onC4 ? "backbone." : "backbone.bottom_up."),
            ("backbone.fpn.inner_blocks.{a}.0", "backbone.fpn_lateral{a+2}"),
            ("backbone.fpn.inner_blocks.{a}.1", "backbone.fpn_lateral{a+2}.norm"),
            ("backbone.fpn.layer_blocks.{a}.0", "backbone.fpn_output{a+2}"),
            ("backbone.fpn.layer_blocks.{a}.1", "backbone.fpn_output{a+2}.norm"),
            deepRpn
                ? ("rpn.head.conv.{a}.0", "proposal_generator.rpn_head.conv.conv{a}")
                : ("rpn.head.conv.0.0", "proposal_generator.rpn_head.conv"),
            ("rpn.head.cls_logits", "proposal_generator.rpn_head.objectness_logits"),
            ("rpn.head.bbox_pred", "proposal_generator.rpn_head.anchor_deltas"),
            ("roi_heads.box_head.norm", "roi_heads.res5.norm"),
            ("roi_heads.box_head.{a}.0", "roi_heads.box_head.conv{a+1}"),
            ("roi_heads.box_head.{a}.1", "roi_heads.box_head.conv{a+1}.norm"),
            ("roi_heads.box_head.5", "roi_heads.box_head.fc1"),
            ("roi_heads.box_predictor.{*}", "roi_heads.box_predictor.{*}"),
            ("roi_heads.mask_head.{a}.0", "roi_heads.mask_head.mask_fcn{a+1}"),
            ("roi_heads.mask_head.{a}.1", "roi_heads.mask_head.mask_fcn{a+1}.norm"),
            ("roi_heads.mask_predictor.conv5_mask", "roi_heads.mask_head.deconv"),
            ("roi_heads.mask_predictor.mask_fcn_logits", "roi_heads.mask_head.predictor"),
        ]);

    private static (string, string)[] Detectron2LastStage =>
        [
            ("backbone.body.layer4.{b}.conv{c}", "roi_heads.res5.{b}.conv{c}"),
            ("backbone.body.layer4.{b}.bn{c}", "roi_heads.res5.{b}.conv{c}.norm"),
            ("backbone.body.layer4.{b}.downsample.0", "roi_heads.res5.{b}.shortcut"),
            ("backbone.body.layer4.{b}.downsample.1", "roi_heads.res5.{b}.shortcut.norm"),
        ];

    private static (string, string)[] Detectron2Backbone(string ours, string theirs) =>
        [
            ($"{ours}.conv1", $"{theirs}stem.conv1"),
            ($"{ours}.bn1", $"{theirs}stem.conv1.norm"),
            ($"{ours}.layer{{a}}.{{b}}.conv{{c}}", $"{theirs}res{{a+1}}.{{b}}.conv{{c}}"),
            ($"{ours}.layer{{a}}.{{b}}.bn{{c}}", $"{theirs}res{{a+1}}.{{b}}.conv{{c}}.norm"),
            ($"{ours}.layer{{a}}.{{b}}.downsample.0", $"{theirs}res{{a+1}}.{{b}}.shortcut"),
            ($"{ours}.layer{{a}}.{{b}}.downsample.1", $"{theirs}res{{a+1}}.{{b}}.shortcut.norm"),
        ];
}
