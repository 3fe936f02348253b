using Soco.Vision;
using Soco.Vision.Imaging;

namespace Soco.Pretraining.Views;

/// <summary>A box as a view shows it.</summary>
/// <param name="Id">Names the object: the same in every view of the sample. Repeated boxes repeat it.</param>
/// <param name="Corners">In units of the view, 0 to 1, after the view's flip.</param>
/// <param name="Level">0 for P2 to 3 for P5, or -1.</param>
public readonly record struct ViewBox(int Id, BoxXyxy Corners, int Level);

/// <summary>One view of one image.</summary>
/// <param name="Number">1 for V1, to 4 for V4.</param>
/// <param name="Crop">The part of the image that it shows.</param>
/// <param name="Flipped">Whether left and right are swapped.</param>
/// <param name="Geometry">After crop, resize and flip; null unless it was asked for.</param>
/// <param name="Image">After the colors, square.</param>
/// <param name="Cutouts">Squares that the network sees as zero, in pixels, far corner inclusive.</param>
public sealed record View(int Number, Crop Crop, bool Flipped, RgbImage? Geometry, RgbImage Image, IReadOnlyList<BoxXyxy> Cutouts);

/// <summary>The boxes that two views share.</summary>
/// <param name="View">Place of the other view in the sample's list, 1 or more.</param>
/// <param name="First">K boxes in the first view. Pairs that use one selection of boxes share the array.</param>
/// <param name="Other">The same objects in the other view, in the same order.</param>
public sealed record SamplePair(int View, ViewBox[] First, ViewBox[] Other);

/// <summary>What one image gives to one step: its views and the boxes in them.</summary>
/// <param name="Views">V1 first.</param>
/// <param name="Pairs">(1,2), (1,3), (1,4), as far as the method has them.</param>
public sealed record Sample(IReadOnlyList<View> Views, IReadOnlyList<SamplePair> Pairs);
