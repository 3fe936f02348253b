using static TorchSharp.torch;

namespace Soco.Weights.Pickles;

/// <summary>numpy's element type while a pickle builds it.</summary>
internal sealed class NumpyType(string name)
{
    private const int LongestName = 16;

    private string _byteOrder = "=";

    /// <summary>The type of a tensor, or null when no tensor has it.</summary>
    public ScalarType? Type => _byteOrder is "<" or "=" or "|" ? ElementTypes.OfNumpy(name) : null;

    /// <summary>As numpy calls it.</summary>
    public string Name => _byteOrder + name;

    /// <param name="arguments">The type's name first.</param>
    public static NumpyType From(object?[] arguments)
    {
        string name = arguments is [var first, ..] && PickleString.TextOf(first) is { Length: <= LongestName } text ? text : "unknown";
        return name is ['<' or '>' or '|' or '=', .. var rest] ? new NumpyType(rest) { _byteOrder = name[..1] } : new NumpyType(name);
    }

    /// <param name="state">Version, byte order and more.</param>
    public void Build(object?[] state) =>
        _byteOrder = state.Length > 1 && PickleString.TextOf(state[1]) is { Length: 1 } order ? order : "?";
}

/// <summary>An array of numpy while a pickle builds it.</summary>
internal sealed class NumpyArray
{
    /// <summary>The array, once it is built of elements that a tensor can have.</summary>
    public StoredTensor? Tensor { get; private set; }

    /// <summary>Why there is no tensor, as the middle of a sentence.</summary>
    public string Reason { get; private set; } = "is never filled";

    /// <summary>An array as protocol 5 writes it: bytes, type, shape, order.</summary>
    public static NumpyArray FromBuffer(object?[] arguments, PickleBudget budget)
    {
        var array = new NumpyArray();
        if (arguments is [var bytes, var type, var shape, .. var order])
        {
            array.Fill(shape, type, order is [var letter, ..] && PickleString.TextOf(letter) == "F", bytes, budget);
        }

        return array;
    }

    /// <param name="state">Version (not in old files), shape, type, whether the first side lies densest, and bytes.</param>
    /// <param name="budget">The memory that it may take.</param>
    public void Build(object?[] state, PickleBudget budget)
    {
        if (state is [.., var shape, var type, bool isFortran, var bytes])
        {
            Fill(shape, type, isFortran, bytes, budget);
        }
    }

    private void Fill(object? shape, object? type, bool isFortran, object? bytes, PickleBudget budget)
    {
        if (type is not NumpyType { Type: { } elements })
        {
            Reason = $"has elements of the type {(type as NumpyType)?.Name ?? "unknown"}, which no tensor has";
            return;
        }

        if (PickleValues.NumbersOf(shape, budget) is not { } sides || bytes is not PickleString data)
        {
            throw new FormatException("an array of numpy has no shape or no bytes");
        }

        long[] strides = StoredTensor.ContiguousStrides(isFortran ? [.. sides.Reverse()] : sides);
        Tensor = new StoredTensor(
            new StringStorage(data, elements, StoredTensor.CountOf(sides)),
            sides,
            isFortran ? [.. strides.Reverse()] : strides,
            0
        );
    }
}
