using Soco.Vision;
using Soco.Vision.Annotations.Coco;

namespace Soco.Detection.Data;

/// <summary>A data set of some of its classes.</summary>
public static class ClassChoice
{
    /// <summary>The images as they are, with the objects of the named classes alone. Classes keep the order of the set.</summary>
    /// <param name="dataset">The set.</param>
    /// <param name="names">The classes, by name.</param>
    /// <param name="source">What error sentences call the set.</param>
    /// <exception cref="SocoRequestException">The set has no such class.</exception>
    public static CocoDataset Only(CocoDataset dataset, IReadOnlyCollection<string> names, string source)
    {
        if (names.FirstOrDefault(name => !dataset.Categories.Any(category => category.Name == name)) is { } unknown)
        {
            string nearest = dataset.Categories.Select(category => category.Name).MinBy(name => EditDistance.Between(unknown, name)) ?? "";
            throw new SocoRequestException($"{source} has no class \"{unknown}\"; the nearest is \"{nearest}\".");
        }

        return Known(dataset, names);
    }

    /// <summary>As <see cref="Only"/>, but classes that the set does not have are nothing to it.</summary>
    public static CocoDataset Known(CocoDataset dataset, IReadOnlyCollection<string> names)
    {
        CocoCategory[] kept = [.. dataset.Categories.Where(category => names.Contains(category.Name))];
        HashSet<int> ids = [.. kept.Select(category => category.Id)];
        return dataset with
        {
            Categories = kept,
            Annotations = [.. dataset.Annotations.Where(annotation => ids.Contains(annotation.CategoryId))],
        };
    }
}
