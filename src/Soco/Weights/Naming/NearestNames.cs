namespace Soco.Weights.Naming;

/// <summary>Which tensor a person most likely meant by a name that fits none.</summary>
internal static class NearestNames
{
    /// <summary>Longer names are not compared: the work grows with the product of the lengths.</summary>
    private const int LongestCompared = 200;

    /// <summary>The candidate with the fewest changed letters, or null when even that has less than half in common.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        (string Name, int Changes) nearest = candidates
            .Where(candidate => candidate.Length <= LongestCompared && name.Length <= LongestCompared)
            .Select(candidate => (candidate, EditDistance.Between(name, candidate)))
            .DefaultIfEmpty(("", int.MaxValue))
            .MinBy(candidate => candidate.Item2);
        return nearest.Changes <= name.Length / 2 ? nearest.Name : null;
    }
}
