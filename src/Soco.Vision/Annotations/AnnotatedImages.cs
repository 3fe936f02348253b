namespace Soco.Annotations;

/// <summary>Where the image files of a data set are.</summary>
public static class AnnotatedImages
{
    /// <summary>The file of every image of a set, in the order of <see cref="CocoDataset.Images"/>.</summary>
    /// <param name="dataset">The set.</param>
    /// <param name="folder">The folder that the file names are in.</param>
    /// <exception cref="SocoDataException">The folder or an image is not there.</exception>
    public static string[] Find(CocoDataset dataset, string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new SocoDataException($"{folder} does not exist; name the folder of the images.");
        }

        string[] paths = [.. dataset.Images.Select(image => Path.Combine(folder, image.FileName))];
        int[] missing = [.. Enumerable.Range(0, paths.Length).Where(i => !File.Exists(paths[i]))];
        return missing.Length == 0 ? paths : throw new SocoDataException(
            $"{paths[missing[0]]} of image {dataset.Images[missing[0]].Id} is not there"
            + (missing.Length > 1 ? $", and {missing.Length - 1} more of {paths.Length} are missing" : "")
            + "; name the folder of the images, or leave them out of the annotations.");
    }
}
