using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Soco.Checkpoints.Naming;

/// <summary>
/// A two-way map between the names of modules in two frameworks, written as pairs of patterns: <c>{a}</c> is a number, <c>{a+2}</c> the same
/// number plus two on that side, <c>{*}</c> any rest. What follows the module, such as <c>.weight</c>, is the same on both sides.
/// </summary>
internal sealed partial class NameMap
{
    private readonly (Pattern Ours, Pattern Theirs)[] _rules;

    /// <param name="rules">Pairs of patterns; the first that matches decides.</param>
    public NameMap(params (string Ours, string Theirs)[] rules) => _rules = [.. rules.Select(rule => (new Pattern(rule.Ours), new Pattern(rule.Theirs)))];

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

        foreach ((Pattern Ours, Pattern Theirs) rule in _rules)
        {
            (Pattern from, Pattern to) = direction(rule);
            if (from.Match(name[..end]) is { } values)
            {
                return to.Fill(values) is string module ? module + name[end..] : null;
            }
        }

        return null;
    }

    private sealed partial class Pattern
    {
        private const string Rest = "rest";

        private readonly string _text;
        private readonly Regex _match;
        private readonly Dictionary<string, long> _offsets = [];

        public Pattern(string text)
        {
            _text = text;
            var expression = new StringBuilder("^");
            int at = 0;
            foreach (Match hole in Hole().Matches(text))
            {
                expression.Append(Regex.Escape(text[at..hole.Index]));
                string key = KeyOf(hole);
                _offsets[key] = hole.Groups["offset"].Success ? long.Parse(hole.Groups["offset"].ValueSpan, CultureInfo.InvariantCulture) : 0;
                expression.Append(key == Rest ? $"(?<{Rest}>.+)" : $"(?<{key}>0|[1-9][0-9]{{0,3}})");
                at = hole.Index + hole.Length;
            }

            _match = new Regex(expression.Append(Regex.Escape(text[at..])).Append('$').ToString(), RegexOptions.CultureInvariant);
        }

        /// <summary>What stands in the holes: numbers less their offset, and the rest. Null where a module is of another form.</summary>
        public Dictionary<string, string>? Match(string module)
        {
            Match match = _match.Match(module);
            return !match.Success ? null : _offsets.ToDictionary(
                hole => hole.Key,
                hole => hole.Key == Rest ? match.Groups[Rest].Value : Shift(match.Groups[hole.Key].Value, -hole.Value));
        }

        /// <summary>The module with these in its holes, or null where a number would be negative.</summary>
        public string? Fill(Dictionary<string, string> values)
        {
            string filled = Hole().Replace(_text, hole => KeyOf(hole) is var key && key == Rest ? values[key] : Shift(values[key], _offsets[key]));
            return values.Any(value => value.Key != Rest && Shift(value.Value, _offsets[value.Key])[0] == '-') ? null : filled;
        }

        private static string Shift(string number, long by) => (long.Parse(number, CultureInfo.InvariantCulture) + by).ToString(CultureInfo.InvariantCulture);

        private static string KeyOf(Match hole) => hole.Groups["key"].Value is "*" ? Rest : hole.Groups["key"].Value;

        [GeneratedRegex(@"\{(?<key>[a-z]|\*)(?<offset>[+-][0-9]+)?\}")]
        private static partial Regex Hole();
    }
}
