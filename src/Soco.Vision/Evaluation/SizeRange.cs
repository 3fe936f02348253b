namespace Soco.Vision.Evaluation;

/// <summary>COCO's ranges of object sizes, by area in square pixels, both ends included.</summary>
internal readonly record struct SizeRange(double Least, double Most)
{
    /// <summary>Place of the range that holds every size.</summary>
    public const int All = 0;

    /// <summary>Up to 32 x 32.</summary>
    public const int Small = 1;

    /// <summary>From 32 x 32 to 96 x 96.</summary>
    public const int Medium = 2;

    /// <summary>From 96 x 96 on.</summary>
    public const int Large = 3;

    /// <summary>The four ranges, by place.</summary>
    public static readonly SizeRange[] Ranges = [new(0, 1e10), new(0, 32 * 32), new(32 * 32, 96 * 96), new(96 * 96, 1e10)];

    /// <summary>Whether an area is in none of the range.</summary>
    public bool Excludes(double area) => area < Least || area > Most;
}
