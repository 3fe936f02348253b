using Soco.Weights.Pickles;

namespace Soco.Weights;

/// <summary>Finds the state dict in what a pickle built: the dictionary of tensors by name, however it is wrapped.</summary>
internal sealed class TensorSearch
{
    private const int DeepestWrapper = 4;
    private const int MostKeys = 20;

    /// <summary>Where frameworks keep the model; other keys are looked at after these.</summary>
    private static readonly string[] s_usual = ["model", "state_dict", "model_state_dict"];

    /// <summary>What is in a dictionary. One may stand in many places, and is looked through once.</summary>
    private readonly Dictionary<PickleDictionary, (int Tensors, bool HasDictionaries)> _contents = [];

    private readonly PickleBudget _budget;

    private TensorSearch(PickleBudget budget) => _budget = budget;

    /// <summary>
    /// The tensors, the keys around them, and the entries between the tensors that are tensors of a kind that Soco does not read, with what
    /// makes them.
    /// </summary>
    /// <param name="root">What the pickle built.</param>
    /// <param name="budget">The memory that names may take.</param>
    /// <exception cref="FormatException">There are none.</exception>
    public static (List<(string Name, StoredTensor Tensor)> Tensors, List<WrapperKey> Wrappers, List<WrapperKey> LeftOut) Find(
        object? root,
        PickleBudget budget
    ) => new TensorSearch(budget).Find(root);

    private (List<(string Name, StoredTensor Tensor)> Tensors, List<WrapperKey> Wrappers, List<WrapperKey> LeftOut) Find(object? root)
    {
        List<WrapperKey> wrappers = [];
        object? value = root;
        for (int depth = 0; depth < DeepestWrapper; depth++)
        {
            if (value is not PickleDictionary dictionary)
            {
                break;
            }

            Dictionary<string, object?> entries = EntriesOf(dictionary);
            // A single tensor may stand beside the model, such as the best accuracy.
            string? next = Array.Find(s_usual, key => entries.TryGetValue(key, out object? entry) && ContentOf(entry).Tensors > 0);
            if (next is null && entries.Values.Any(entry => TensorOf(entry) is not null))
            {
                return (TensorsIn(entries), wrappers, LeftOutOf(entries));
            }

            next ??= s_usual
                .Where(entries.ContainsKey)
                .Concat(entries.Keys)
                .FirstOrDefault(key => ContentOf(entries[key]) is { Tensors: > 0 } or { HasDictionaries: true });
            wrappers.AddRange(entries.Select(entry => new WrapperKey(entry.Key, Describe(entry.Value))));
            value = next is null ? null : entries[next];
        }

        throw new FormatException(
            wrappers.Count == 0
                ? $"it holds {Describe(root)} and no dictionary of tensors by name"
                    + (root is PickleObject ? ": it may be a whole model; save its state_dict() with torch.save" : "")
                : $"it holds no tensors by name, but {string.Join(", ", wrappers.Take(MostKeys).Select(wrapper => $"{wrapper.Key} ({wrapper.Content})"))}"
        );
    }

    private (int Tensors, bool HasDictionaries) ContentOf(object? value)
    {
        if (value is not PickleDictionary dictionary)
        {
            return default;
        }

        if (!_contents.TryGetValue(dictionary, out (int, bool) content))
        {
            _budget.Charge(PickleBudget.Entry);
            content = (
                dictionary.Items.Count(item => TensorOf(item.Value) is not null),
                dictionary.Items.Any(item => item.Value is PickleDictionary)
            );
            _contents.Add(dictionary, content);
        }

        return content;
    }

    private static StoredTensor? TensorOf(object? value) =>
        value switch
        {
            StoredTensor tensor => tensor,
            NumpyArray { Tensor: { } tensor } => tensor,
            _ => null,
        };

    private Dictionary<string, object?> EntriesOf(PickleDictionary dictionary)
    {
        var entries = new Dictionary<string, object?>();
        foreach ((object? key, object? value) in dictionary.Items)
        {
            if (PickleString.TextOf(key) is string name)
            {
                _budget.Charge(2 * PickleBudget.Entry + 2 * sizeof(char) * name.Length);
                entries[name] = value;
            }
        }

        return entries;
    }

    private static List<(string Name, StoredTensor Tensor)> TensorsIn(Dictionary<string, object?> entries)
    {
        List<(string, StoredTensor)> tensors = [];
        foreach ((string name, object? value) in entries)
        {
            if (TensorOf(value) is { } tensor)
            {
                tensors.Add((name, tensor));
            }
            else if (value is NumpyArray array)
            {
                throw new FormatException($"its array {name} {array.Reason}");
            }
        }

        return tensors;
    }

    /// <summary>What a function of torch's makes, or of numpy's, and is no tensor here: sparse, quantized or complex ones.</summary>
    private static List<WrapperKey> LeftOutOf(Dictionary<string, object?> entries) =>
        [
            .. entries
                .Where(entry =>
                    entry.Value is PickleObject { Class: { } made }
                    && (
                        made.Module.StartsWith("torch", StringComparison.Ordinal)
                        || made.Module.StartsWith("numpy", StringComparison.Ordinal)
                    )
                )
                .Select(entry => new WrapperKey(
                    entry.Key,
                    $"a tensor of {((PickleObject)entry.Value!).Class!.FullName}, which is not read"
                )),
        ];

    private string Describe(object? value) =>
        value switch
        {
            null => "nothing",
            bool or long or double => FormattableString.Invariant($"{value}"),
            PickleString text => PickleString.TextOf(text) is { Length: <= 80 } shown && shown.All(letter => !char.IsControl(letter))
                ? $"\"{shown}\""
                : $"a string of {text.Range.Length} bytes",
            PickleDictionary when ContentOf(value).Tensors is var tensors and > 0 => $"{tensors} tensors",
            PickleDictionary dictionary => $"a dictionary of {dictionary.Items.Count}",
            PickleList or PickleTuple => $"a list of {PickleValues.ItemsOf(value)!.Count}",
            PickleObject { Class: { } made } => $"an object of {made.FullName}",
            PickleGlobal global => global.FullName,
            _ when TensorOf(value) is { } tensor => $"a tensor {ShapeText.Of(tensor.Shape)}",
            _ => "an array",
        };
}
