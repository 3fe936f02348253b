namespace Soco.Vision.Sources;

/// <summary>Some images of a source, in its order.</summary>
internal sealed class ChosenImages(ImageSource source, HashSet<string> names) : ImageSource
{
    private readonly int[] _indices = [.. Enumerable.Range(0, source.Count).Where(index => names.Contains(source.NameOf(index)))];

    public override int Count => _indices.Length;

    public override IReadOnlyList<string> PassedOver => source.PassedOver;

    public override string NameOf(int index) => source.NameOf(_indices[index]);

    public override byte[] ReadBytes(int index) => source.ReadBytes(_indices[index]);

    public override void Dispose()
    {
        source.Dispose();
        base.Dispose();
    }
}
