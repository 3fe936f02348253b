namespace Soco.Vision.Sources;

/// <summary>Tells what each path is, opens it, and joins the parts.</summary>
internal static class ImageSourceOpener
{
    internal static ImageSource Open(IReadOnlyList<string> paths)
    {
        if (paths.Count == 0)
        {
            throw new SocoRequestException("No images are named: give an image, a folder, a zip or tar of images, or a COCO JSON file.");
        }

        var parts = new List<JoinedImageSource.Part>();
        try
        {
            // Many loose files (imgs/*.jpg) make one part per folder.
            foreach (var folder in paths.Where(IsLooseImage).GroupBy(path => Path.GetDirectoryName(Path.GetFullPath(path))!))
            {
                var source = new FileImageSource(
                    folder.Select(path => new ImageFile(Path.GetFileName(path), Path.GetDirectoryName(path)!))
                );
                parts.Add(new(LastPart(folder.Key), source));
            }

            foreach (string path in paths.Where(path => !IsLooseImage(path)))
            {
                ImageSource source = OpenOne(path);
                parts.Add(new(LastPart(path), source));
                if (source.Count == 0)
                {
                    throw new SocoRequestException(
                        $"{path} holds no image: put jpg, jpeg, png, bmp, gif, webp or tif files there or name another path."
                    );
                }
            }

            return parts.Count == 1 ? parts[0].Source : new JoinedImageSource(parts);
        }
        catch
        {
            parts.ForEach(part => part.Source.Dispose());
            throw;
        }
    }

    private static bool IsLooseImage(string path) => ImageNames.IsImage(path) && File.Exists(path);

    private static ImageSource OpenOne(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                (List<ImageFile> images, List<string> passedOver) = FolderWalk.FindImages(path);
                return new FileImageSource(images, passedOver);
            }

            if (!File.Exists(path))
            {
                throw new SocoRequestException(
                    $"{path} does not exist: name an image, a folder, a zip or tar of images, or a COCO JSON file."
                );
            }

            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".zip" => new ZipImageSource(path),
                ".tar" or ".tgz" => TarImageSource.Open(path),
                ".gz" when path.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) => TarImageSource.Open(path),
                ".json" => new FileImageSource(CocoImageList.Read(path)),
                _ => throw new SocoRequestException(
                    $"{path} is no source of images: name a jpg, jpeg, png, bmp, gif, webp or tif file, "
                        + "a folder, a zip, tar, tar.gz or tgz, or a COCO json."
                ),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoRequestException(
                $"{path} cannot be opened ({error.Message.TrimEnd('.')}): mend that or name another path.",
                error
            );
        }
    }

    private static string LastPart(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
}
