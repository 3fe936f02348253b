namespace Soco.Weights;

/// <summary>The kind of a file of weights.</summary>
public enum WeightsContainer
{
    /// <summary>safetensors.</summary>
    Safetensors,

    /// <summary>A torch file since 1.6: a zip.</summary>
    TorchZip,

    /// <summary>A torch file of before 1.6.</summary>
    TorchLegacy,

    /// <summary>A plain pickle of numpy arrays, such as detectron2's <c>.pkl</c>.</summary>
    Pickle,

    /// <summary>A model in ONNX.</summary>
    Onnx,
}

/// <summary>A key beside or around the tensors in a torch file or a pickle.</summary>
/// <param name="Key">The key.</param>
/// <param name="Content">What is there, in a few words.</param>
public sealed record WrapperKey(string Key, string Content);
