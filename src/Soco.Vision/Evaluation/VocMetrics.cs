using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>How PASCAL VOC makes one number of a curve of precision and recall.</summary>
public enum VocAveraging
{
    /// <summary>VOC 2007: the mean of the best precision from each of the 11 recalls 0, 0.1, ... 1 on.</summary>
    ElevenPoints,

    /// <summary>VOC 2010 to 2012: the area under the curve made to fall.</summary>
    AllPoints,
}

/// <summary>What PASCAL VOC says of a detector.</summary>
/// <param name="MeanAp">Mean AP of the classes that have objects; -1 where none has.</param>
/// <param name="Categories">Each class, in rising order of ids.</param>
public sealed record VocMetrics(double MeanAp, IReadOnlyList<VocCategoryMetrics> Categories);

/// <summary>One class.</summary>
/// <param name="Category">The class.</param>
/// <param name="Objects">How many objects are to be found: difficult ones are not.</param>
/// <param name="Ap">Average precision, 0 to 1; -1 without objects.</param>
/// <param name="Recalls">The recall after each detection that was right.</param>
/// <param name="Precisions">The precision there.</param>
public sealed record VocCategoryMetrics(
    CocoCategory Category,
    int Objects,
    double Ap,
    IReadOnlyList<double> Recalls,
    IReadOnlyList<double> Precisions
);
