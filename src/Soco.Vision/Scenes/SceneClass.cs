namespace Soco.Vision.Scenes;

/// <summary>The eight kinds of objects, each with a shape and a family of textures of its own. Numbers are COCO category ids.</summary>
public enum SceneClass
{
    /// <summary>A disc with concentric rings.</summary>
    Disc = 1,

    /// <summary>A square with stripes.</summary>
    Square,

    /// <summary>A triangle with checks.</summary>
    Triangle,

    /// <summary>A five-pointed star with marbled noise.</summary>
    Star,

    /// <summary>An ellipse with spots.</summary>
    Ellipse,

    /// <summary>A cross with a color gradient.</summary>
    Cross,

    /// <summary>A ring with colored sectors.</summary>
    Ring,

    /// <summary>A hexagon with crossed hatching.</summary>
    Hexagon,
}
