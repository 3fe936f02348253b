using System.Globalization;

namespace Soco.Weights.Naming;

/// <summary>
/// A two-way map between the names of modules in two frameworks, written as pairs of patterns: <c>{a}</c> at the end of a part is a number,
/// <c>{a+2}</c> the same number plus two on that side, <c>{*}</c> at the end of the pattern any rest. What follows the module, such as
/// <c>.weight</c>, is the same on both sides.
/// </summary>
internal sealed class NameMap
{
    private readonly (Pattern Ours, Pattern Theirs)[] _rules;

    /// <param name="rules">Pairs of patterns; the first that matches decides.</param>
    public NameMap(params (string Ours, string Theirs)[] rules) =>
        _rules = [.. rules.Select(rule => (new Pattern(rule.Ours), new Pattern(rule.Theirs)))];

    /// <summary>From Soco's name, or null.</summary>
    public string? ToTheirs(string ours) => Translate(ours, rule => (rule.Ours, rule.Theirs));

    /// <summary>To Soco's name, or null.</summary>
    public string? ToOurs(string theirs) => Translate(theirs, rule => (rule.Theirs, rule.Ours));

    private string? Translate(string name, Func<(Pattern Ours, Pattern Theirs), (Pattern From, Pattern To)> direction)
    {
        int end = name.LastIndexOf('.');
        if (end < 0)
        {
            return null;
        }

        string[] module = name[..end].Split('.');
        foreach ((Pattern Ours, Pattern Theirs) rule in _rules)
        {
            (Pattern from, Pattern to) = direction(rule);
            var numbers = new Dictionary<char, int>();
            if (from.Matches(module, numbers, out string rest))
            {
                return to.Fill(numbers, rest) is string filled ? filled + name[end..] : null;
            }
        }

        return null;
    }

    private sealed class Pattern(string text)
    {
        private const char Rest = '*';

        private readonly Part[] _parts = [.. text.Split('.').Select(Part.Parse)];

        /// <summary>Whether a module has this form; then the numbers in it, less their offsets, and the rest.</summary>
        public bool Matches(string[] module, Dictionary<char, int> numbers, out string rest)
        {
            bool takesRest = _parts[^1].Hole == Rest;
            int fixedParts = takesRest ? _parts.Length - 1 : _parts.Length;
            rest = "";
            if (takesRest ? module.Length < _parts.Length : module.Length != _parts.Length)
            {
                return false;
            }

            for (int i = 0; i < fixedParts; i++)
            {
                if (!_parts[i].Matches(module[i], numbers))
                {
                    return false;
                }
            }

            rest = string.Join('.', module[fixedParts..]);
            return true;
        }

        /// <summary>The module with these in its holes, or null where a number would be negative.</summary>
        public string? Fill(Dictionary<char, int> numbers, string rest)
        {
            string?[] filled = [.. _parts.Select(part => part.Hole == Rest ? rest : part.Fill(numbers))];
            return filled.Contains(null) ? null : string.Join('.', filled);
        }
    }

    /// <summary>What stands between two dots: some letters, and at their end perhaps a number.</summary>
    private readonly record struct Part(string Letters, char Hole, int Offset)
    {
        private const int MostDigits = 4;

        public static Part Parse(string text)
        {
            int hole = text.IndexOf('{');
            return hole < 0
                ? new Part(text, '\0', 0)
                : new Part(
                    text[..hole],
                    text[hole + 1],
                    hole + 3 < text.Length ? int.Parse(text[(hole + 2)..^1], CultureInfo.InvariantCulture) : 0
                );
        }

        public bool Matches(string text, Dictionary<char, int> numbers)
        {
            if (Hole == '\0')
            {
                return text == Letters;
            }

            ReadOnlySpan<char> number = text.StartsWith(Letters, StringComparison.Ordinal) ? text.AsSpan(Letters.Length) : "";
            // One way to write each number, so that no two names become one.
            bool isNumber =
                number.Length is > 0 and <= MostDigits
                && !number.ContainsAnyExceptInRange('0', '9')
                && (number.Length == 1 || number[0] != '0');
            if (isNumber)
            {
                numbers[Hole] = int.Parse(number, CultureInfo.InvariantCulture) - Offset;
            }

            return isNumber;
        }

        public string? Fill(Dictionary<char, int> numbers)
        {
            if (Hole == '\0')
            {
                return Letters;
            }

            int number = numbers[Hole] + Offset;
            return number < 0 ? null : Letters + number.ToString(CultureInfo.InvariantCulture);
        }
    }
}
