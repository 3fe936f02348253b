using Soco.Vision.Imaging;

namespace Soco.Vision.Sources;

/// <summary>Several sources as one. Where they share a name, every name gets the label of its part in front.</summary>
internal sealed class JoinedImageSource : ImageSource
{
    private readonly IReadOnlyList<Part> _parts;
    private readonly Place[] _places;

    internal JoinedImageSource(IReadOnlyList<Part> parts)
    {
        _parts = parts;
        Place[] plain = Places(withLabels: false);
        _places = AreDistinct(plain) ? plain : Places(withLabels: true);
        for (int i = 1; i < _places.Length; i++)
        {
            if (_places[i].Name == _places[i - 1].Name)
            {
                throw new SocoRequestException($"The paths hold \"{_places[i].Name}\" twice: name each path once, or rename one of them.");
            }
        }
    }

    /// <summary>A source, and what tells its names from those of the others.</summary>
    internal readonly record struct Part(string Label, ImageSource Source);

    private readonly record struct Place(string Name, int Part, int Index);

    public override int Count => _places.Length;

    public override IReadOnlyList<string> PassedOver => [.. _parts.SelectMany(part => part.Source.PassedOver)];

    public override string NameOf(int index) => _places[index].Name;

    public override byte[] ReadBytes(int index)
    {
        Place place = _places[index];
        try
        {
            return _parts[place.Part].Source.ReadBytes(place.Index);
        }
        catch (UnreadableImageException error) when (error.Name != place.Name)
        {
            throw new UnreadableImageException(place.Name, error.Reason, error);
        }
    }

    public override void Dispose()
    {
        foreach (Part part in _parts)
        {
            part.Source.Dispose();
        }

        base.Dispose();
    }

    private Place[] Places(bool withLabels)
    {
        IEnumerable<Place> places = _parts.SelectMany(
            (part, number) =>
                Enumerable
                    .Range(0, part.Source.Count)
                    .Select(i => new Place(withLabels ? $"{part.Label}/{part.Source.NameOf(i)}" : part.Source.NameOf(i), number, i))
        );
        Place[] ordered = [.. places];
        Array.Sort(ordered, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return ordered;
    }

    private static bool AreDistinct(Place[] ordered) => !ordered.Zip(ordered.Skip(1)).Any(pair => pair.First.Name == pair.Second.Name);
}
