using Soco.Vision.Imaging;

namespace Soco.Vision.Sources;

/// <summary>An image file: its name in the source, which is its path inside a folder. A million of them share the folder.</summary>
internal readonly record struct ImageFile(string Name, string Folder);

/// <summary>Images that are files of their own.</summary>
internal sealed class FileImageSource : ImageSource
{
    private readonly ImageFile[] _files;

    internal FileImageSource(IEnumerable<ImageFile> files, IReadOnlyList<string>? passedOver = null)
    {
        _files = ImageNames.Ordered(files, file => file.Name);
        PassedOver = passedOver ?? [];
    }

    public override int Count => _files.Length;

    public override IReadOnlyList<string> PassedOver { get; }

    public override string NameOf(int index) => _files[index].Name;

    public override byte[] ReadBytes(int index)
    {
        try
        {
            return File.ReadAllBytes(Path.Join(_files[index].Folder, _files[index].Name));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableImageException(_files[index].Name, $"the file cannot be read ({error.Message.TrimEnd('.')})", error);
        }
    }
}
