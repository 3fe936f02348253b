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

    /// <summary>Times that a name lost characters.</summary>
    public int Names { get; internal set; }

    /// <summary>Images left out, since their size is not known.</summary>
    public int UnsizedImages { get; internal set; }

    /// <summary>A sentence for each kind of loss.</summary>
    public IEnumerable<string> Sentences()
    {
        if (UnsizedImages > 0)
        {
            yield return $"{Plural.Of(UnsizedImages, "image")} left out: missing or unreadable, so the size is not known";
        }

        if (Crowds > 0)
        {
            yield return $"{Plural.Of(Crowds, "crowd region")} left out: the format cannot mark crowds";
        }

        if (Masks > 0)
        {
            yield return $"{Plural.Of(Masks, "mask")} left out: the format has no such masks, the boxes stay";
        }

        if (Names > 0)
        {
            yield return $"{Plural.Of(Names, "name")} with control characters changed: XML cannot hold them, and they became U+FFFD";
        }

        if (Difficult > 0)
        {
            yield return $"{Plural.Of(Difficult, "mark")} of difficult objects left out: the format has no such mark";
        }
    }
}
