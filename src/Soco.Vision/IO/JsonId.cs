using System.Globalization;

namespace Soco.Vision.IO;

/// <summary>An id as JSON has it: a whole number, or a text that is none.</summary>
internal readonly record struct JsonId
{
    /// <param name="number">The number.</param>
    public JsonId(long number) => Number = number;

    /// <param name="text">A text that is no whole number.</param>
    public JsonId(string text) => Text = text;

    /// <summary>The number; 0 for a text.</summary>
    public long Number { get; }

    /// <summary>The text; null for a number.</summary>
    public string? Text { get; }

    /// <summary>A text; "7" is the number 7, and "007" a text.</summary>
    public static JsonId Parse(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
        && number.ToString(CultureInfo.InvariantCulture) == text
            ? new JsonId(number)
            : new JsonId(text);

    /// <inheritdoc/>
    public override string ToString() => Text is null ? Number.ToString(CultureInfo.InvariantCulture) : $"\"{Text}\"";
}

/// <summary>Numbers for the ids of a list: a number is its own, and the texts get, in ordinal order, the first that are free.</summary>
internal sealed class IdNumbers
{
    private readonly Dictionary<JsonId, long> _numbers;

    /// <param name="ids">The ids; what comes twice has one number.</param>
    /// <param name="largest">Numbers beyond this are taken as texts.</param>
    public IdNumbers(IEnumerable<JsonId> ids, long largest)
    {
        _numbers = [];
        var texts = new SortedDictionary<string, JsonId>(StringComparer.Ordinal);
        foreach (JsonId id in ids)
        {
            if (id.Text is null && id.Number >= -largest && id.Number <= largest)
            {
                _numbers.TryAdd(id, id.Number);
            }
            else
            {
                texts[id.ToString()] = id;
            }
        }

        long free = 1;
        foreach (JsonId id in texts.Values)
        {
            while (_numbers.ContainsKey(new JsonId(free)))
            {
                free++;
            }

            _numbers.Add(id, free++);
        }
    }

    /// <summary>The number of an id; null where the list does not have it.</summary>
    public long? Of(JsonId id) => _numbers.TryGetValue(id, out long number) ? number : null;
}
