using Soco.Vision;
using Soco.Vision.Sources;

namespace Soco.Probing;

/// <summary>Images sorted into a folder for each class, as ImageNet is kept.</summary>
public sealed class ClassFolders : IDisposable
{
    /// <summary>Opens a folder of folders, or an archive of one.</summary>
    /// <param name="path">A folder, a zip or a tar; the class of an image is the last folder that it lies in.</param>
    /// <exception cref="SocoRequestException">There is nothing.</exception>
    /// <exception cref="SocoDataException">Fewer than two classes.</exception>
    public ClassFolders(string path)
    {
        Source = ImageSource.Open([path]);
        string[] names =
        [
            .. Enumerable.Range(0, Source.Count).Select(index => Path.GetFileName(Path.GetDirectoryName(Source.NameOf(index)) ?? "")),
        ];
        Classes = [.. names.Distinct().Order(StringComparer.Ordinal)];
        if (Classes.Count < 2)
        {
            Source.Dispose();
            throw new SocoDataException(
                $"{path} has {Classes.Count} folder of images, and a probe of classes needs at least two: name a folder with a folder for each class."
            );
        }

        Dictionary<string, int> labels = Classes.Index().ToDictionary(item => item.Item, item => item.Index);
        Labels = [.. names.Select(name => labels[name])];
    }

    /// <summary>The images.</summary>
    public ImageSource Source { get; }

    /// <summary>The classes, in name order.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The class of each image of the source.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();
}
