using Soco.Vision;
using Soco.Vision.Annotations.Masks;

namespace Soco.Runtime;

/// <summary>One object in an image.</summary>
/// <param name="Class">Name of its class.</param>
/// <param name="Label">Place of the class in <see cref="Detector.Classes"/>.</param>
/// <param name="Score">Probability of the class, in [0, 1].</param>
/// <param name="Box">Pixels of the image, clipped to it.</param>
/// <param name="Mask">Of the image's size; null where the detector has no mask head.</param>
public sealed record Detection(string Class, int Label, float Score, BoxXyxy Box, RunLengthMask? Mask);
