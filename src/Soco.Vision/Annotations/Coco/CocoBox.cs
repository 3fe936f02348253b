namespace Soco.Vision.Annotations.Coco;

/// <summary>
/// A box as COCO files state it: left, top, width and height in pixels of its image, with fractions. Its far edges are X + Width and Y +
/// Height.
/// </summary>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>Width * Height, square pixels.</summary>
    public double Area => Width * Height;

    /// <summary>The same box as two corners, pixels of its image.</summary>
    public BoxXyxy Corners => new(X, Y, X + Width, Y + Height);

    /// <summary>The smallest box of whole pixels that holds this one.</summary>
    public BoxXywh WholePixels
    {
        get
        {
            (int left, int top) = ((int)Math.Floor(X), (int)Math.Floor(Y));
            return new BoxXywh(left, top, (int)Math.Ceiling(X + Width) - left, (int)Math.Ceiling(Y + Height) - top);
        }
    }

    /// <summary>A box of whole pixels.</summary>
    public static CocoBox From(BoxXywh box) => new(box.X, box.Y, box.Width, box.Height);

    /// <summary>A box of two corners.</summary>
    public static CocoBox From(BoxXyxy box) => new(box.X1, box.Y1, box.Width, box.Height);
}
