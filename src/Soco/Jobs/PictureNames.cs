using Soco.Vision.Sources;

namespace Soco.Jobs;

/// <summary>What the pictures of images are called.</summary>
internal static class PictureNames
{
    /// <summary>a/x.jpg becomes a/x.png, unless another image would become it too; then the picture is a/x.jpg.png.</summary>
    public static string[] Of(ImageSource source)
    {
        string[] names = [.. Enumerable.Range(0, source.Count).Select(source.NameOf)];
        HashSet<string> taken =
        [
            .. names.CountBy(name => Path.ChangeExtension(name, ".png")).Where(count => count.Value > 1).Select(count => count.Key),
        ];
        return
        [
            .. names
                .Select(name => Path.ChangeExtension(name, ".png"))
                .Zip(names, (png, name) => taken.Contains(png) ? name + ".png" : png),
        ];
    }
}
