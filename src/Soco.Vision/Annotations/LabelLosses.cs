namespace Soco.Vision.Annotations;

/// <summary>What a format of labels could not hold.</summary>
public sealed class LabelLosses
{
    /// <summary>Regions of many objects, left out.</summary>
    public int Crowds { get; internal set; }

    /// <summary>Objects that are no longer marked as difficult.</summary>
    public int Difficult { get; internal set; }

    /// <summary>Objects of which only the box is left.</summary>
    public int Masks { get; internal set; }

    /// <summary>Images left out, since their size is not known.</summary>
    public int UnsizedImages { get; internal set; }

    /// <summary>A sentence for each kind of loss.</summary>
    public IEnumerable<string> Sentences()
    {
        if (UnsizedImages > 0)
        {
            yield return $"{UnsizedImages} images left out, which are missing or cannot be read, so that their size is not known";
        }

        if (Crowds > 0)
        {
            yield return $"{Crowds} crowd regions left out, which the format cannot mark";
        }

        if (Masks > 0)
        {
            yield return $"{Masks} objects keep only their box: the format has no such masks";
        }

        if (Difficult > 0)
        {
            yield return $"{Difficult} objects are no longer marked as difficult";
        }
    }
}
