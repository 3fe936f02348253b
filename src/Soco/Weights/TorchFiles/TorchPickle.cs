using Soco.Weights.Pickles;

namespace Soco.Weights.TorchFiles;

/// <summary>What the references in a pickle of torch stand for: storages, by their key.</summary>
/// <param name="onStorage">Told of each storage once.</param>
internal sealed class TorchPickle(Action<string, TorchStorage> onStorage)
{
    /// <summary>Their bytes still fit 64 bits.</summary>
    private const long MostElements = long.MaxValue / 16;

    private readonly Dictionary<string, TorchStorage> _storages = [];

    /// <summary>The storages by their key.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => _storages;

    /// <summary>The value of a reference: <c>('storage', class, key, device, count, view)</c>, the view in old files alone.</summary>
    /// <exception cref="FormatException">It is none of torch's.</exception>
    public object? Resolve(object? reference)
    {
        switch ((reference as PickleTuple)?.Items)
        {
            case [var kind, PickleGlobal type, var name, _, long count, .. var view]
                when PickleString.TextOf(kind) == "storage" && PickleString.TextOf(name) is string key:
                if (view is [PickleTuple, ..])
                {
                    throw new RefusedException(
                        "its storages are views of others, as torch wrote them before 0.4: load it there and save it with a newer torch"
                    );
                }

                return ElementTypes.OfTorchStorage(type.Name) is { } elements ? Storage(key, elements, count) : new PickleObject(type);
            case [var kind, PickleGlobal module, ..] when PickleString.TextOf(kind) == "module":
                return module;
            default:
                throw new FormatException("its pickle refers to something that is no storage of torch");
        }
    }

    private TorchStorage Storage(string key, TorchSharp.torch.ScalarType type, long count)
    {
        if (count is < 0 or > MostElements)
        {
            throw new FormatException($"it gives the storage {key} {count} elements");
        }

        if (!_storages.TryGetValue(key, out TorchStorage? storage))
        {
            storage = new TorchStorage(type, count);
            _storages.Add(key, storage);
            onStorage(key, storage);
        }

        return storage.DType == type && storage.Count == count
            ? storage
            : throw new FormatException($"it describes the storage {key} in two ways");
    }
}
