namespace Soco.Deployment;

/// <summary>What a detector in ONNX is given.</summary>
public enum OnnxInput
{
    /// <summary>
    /// <c>image</c>: uint8 [height, width, 3], RGB, resized as the metadata says. Boxes are in its pixels. This is exact: Soco.Runtime and
    /// the training resize alike.
    /// </summary>
    Resized,

    /// <summary>
    /// <c>image</c>: uint8 [height, width, 3], RGB, of any size; the graph resizes it. Boxes are in its pixels. The graph's resizing does
    /// not round as the training's does, so scores differ in the third decimal.
    /// </summary>
    Image,

    /// <summary>
    /// <c>image</c>: float32 [1, 3, height, width], normalized with ImageNet's mean and deviation, its sides multiples of 32. Boxes are in
    /// its pixels.
    /// </summary>
    Normalized,
}
