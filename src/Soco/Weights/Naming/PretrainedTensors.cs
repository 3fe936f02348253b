namespace Soco.Weights.Naming;

/// <summary>Weights under the pretraining's names; of a detector the parts that pretraining has, too.</summary>
internal static class PretrainedTensors
{
    /// <summary>The pretraining's name of each such tensor, and the one that it has in <paramref name="weights"/>.</summary>
    public static IReadOnlyList<(string Ours, string Stored)> NamesOf(WeightsFile weights) =>
        [
            .. weights
                .Names.Select(name => (Ours: weights.Kind == WeightsKind.Detector ? NameMaps.Detector.ToOurs(name) : name, Stored: name))
                .Where(name => name.Ours is not null)
                .Select(name => (name.Ours!, name.Stored)),
        ];

    /// <summary>The tensors under these names.</summary>
    public static INamedTensors Of(WeightsFile weights) => new RenamedTensors(weights, NamesOf(weights));
}
