namespace Soco.Tests;

/// <summary>
/// Tests that use what the whole process shares: libtorch's generator and thread count, the count of live tensors. They run one after the
/// other, when all the others are done.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = nameof(Alone);
}
