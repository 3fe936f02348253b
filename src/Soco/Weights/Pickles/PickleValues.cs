using System.Text;

namespace Soco.Weights.Pickles;

// What a pickle builds. Numbers are bool, long and double; None is null.

/// <summary>The class or function that a pickle names; nothing of that name is ever looked up.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";
}

/// <summary>An object of a class that Soco has no use for: its class is known, and nothing else.</summary>
internal sealed record PickleObject(PickleGlobal? Class);

/// <summary>A tuple.</summary>
internal sealed class PickleTuple(object?[] items)
{
    public object?[] Items { get; } = items;
}

/// <summary>A list.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A dictionary, in the order of its entries; of equal keys the last one counts.</summary>
internal sealed class PickleDictionary
{
    public List<KeyValuePair<object?, object?>> Items { get; } = [];
}

/// <summary>Reads tuples and lists.</summary>
internal static class PickleValues
{
    private const int MostSides = 64;

    /// <summary>The items of a tuple or a list; null for anything else.</summary>
    public static IReadOnlyList<object?>? ItemsOf(object? value) =>
        value switch
        {
            PickleTuple tuple => tuple.Items,
            PickleList list => list.Items,
            _ => null,
        };

    /// <summary>The whole numbers of a tuple or a list, such as a shape; null where the value is something else.</summary>
    public static long[]? NumbersOf(object? value, PickleBudget budget)
    {
        if (ItemsOf(value) is not { Count: <= MostSides } items || items.Any(item => item is not long))
        {
            return null;
        }

        budget.Charge(items.Count * PickleBudget.Slot);
        return [.. items.Cast<long>()];
    }
}

/// <summary>How the bytes of a string stand in a pickle.</summary>
internal enum StringForm
{
    /// <summary>As they are.</summary>
    Raw,

    /// <summary>As UTF-8. Where text stands for bytes, as numpy's do in protocol 2, its letters are the bytes (Latin-1).</summary>
    Utf8,

    /// <summary>As Latin-1 with <c>\uXXXX</c> escapes: text in protocol 0.</summary>
    UnicodeEscapes,

    /// <summary>As Python writes a string of bytes, without its quotes: Python 2 in protocol 0.</summary>
    StringEscapes,
}

/// <summary>Text or bytes: where they stand in the file, and how. Those of an array stay there until its tensor is read.</summary>
internal sealed class PickleString(FileRange range, StringForm form)
{
    /// <summary>No name is longer.</summary>
    private const int LongestText = 4096;

    /// <summary>Names of classes and devices are asked for again and again.</summary>
    private string? _text;

    public FileRange Range { get; } = range;

    public StringForm Form { get; } = form;

    /// <summary>The text of a name, or null when the value is no text or too long to be one.</summary>
    public static string? TextOf(object? value) => value is PickleString text ? text._text ??= text.Read() : null;

    private string? Read()
    {
        if (Range.Length is 0 or > LongestText)
        {
            return Range.Length == 0 ? "" : null;
        }

        byte[] bytes = new byte[Range.Length];
        if (Form is StringForm.Raw or StringForm.Utf8)
        {
            Range.Read(0, bytes);
            return Form == StringForm.Raw ? Encoding.Latin1.GetString(bytes) : Encoding.UTF8.GetString(bytes);
        }

        int count = new StringDecoder(Range, Form).Fill(bytes);
        return Encoding.Latin1.GetString(bytes.AsSpan(0, count));
    }
}
