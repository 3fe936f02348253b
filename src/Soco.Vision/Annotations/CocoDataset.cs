namespace Soco.Annotations;

/// <summary>The images, categories and objects of a COCO annotation file. Ids are unique within each list.</summary>
public sealed record CocoDataset(
    IReadOnlyList<CocoImage> Images, IReadOnlyList<CocoCategory> Categories, IReadOnlyList<CocoAnnotation> Annotations);

/// <summary>An image.</summary>
/// <param name="Id">Its number.</param>
/// <param name="FileName">Its path under the folder of the images, with forward slashes.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public sealed record CocoImage(long Id, string FileName, int Width, int Height);

/// <summary>A class of objects.</summary>
/// <param name="Id">Its number, from 1 by custom.</param>
/// <param name="Name">Its name.</param>
/// <param name="Supercategory">The group that it belongs to.</param>
public sealed record CocoCategory(int Id, string Name, string Supercategory);

/// <summary>One object of an image; it is no crowd.</summary>
/// <param name="Id">Its number.</param>
/// <param name="ImageId">The image that it is in.</param>
/// <param name="CategoryId">The class that it belongs to.</param>
/// <param name="Mask">Its pixels, of the size of the image; box and area are those of the mask.</param>
public sealed record CocoAnnotation(long Id, long ImageId, int CategoryId, RunLengthMask Mask);
