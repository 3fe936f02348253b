namespace Soco.Weights.Export;

/// <summary>For which framework weights are written.</summary>
public enum ExportFormat
{
    /// <summary>The authors' code: a torch file with <c>model</c>, names with <c>module.</c> in front.</summary>
    Soco,

    /// <summary>detectron2: a pickle of numpy arrays.</summary>
    Detectron2,

    /// <summary>mmdetection: a torch file with <c>state_dict</c> and <c>meta</c>.</summary>
    Mmdetection,

    /// <summary>torchvision: a torch file of the state dict alone.</summary>
    Torchvision,

    /// <summary>safetensors, under Soco's names.</summary>
    Safetensors,
}

/// <summary>What is written; of the first three each includes those before it.</summary>
public enum ExportPart
{
    /// <summary>The backbone.</summary>
    Backbone,

    /// <summary>Backbone and feature pyramid.</summary>
    Fpn,

    /// <summary>Backbone, feature pyramid and box head.</summary>
    Head,

    /// <summary>All that the format has a place for.</summary>
    All,

    /// <summary>A whole detector.</summary>
    Detector,
}
