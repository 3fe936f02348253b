using System.Text.RegularExpressions;

namespace Soco.Tests;

/// <summary>The rules of docs/architecture.md, read from the source.</summary>
public sealed partial class ArchitectureTests
{
    private const int MostFiles = 20;

    private static readonly string s_source = Path.Combine(Repository.Root, "src");

    private static readonly SourceFile[] s_files =
    [
        .. Directory
            .GetFiles(s_source, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(s_source, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Select(path => SourceFile.Read(path)),
    ];

    [Fact]
    public void Folders_are_namespaces() =>
        Assert.Empty(
            s_files
                .Where(file => file.Namespace is { } name && name != Path.GetDirectoryName(file.Path)!.Replace('/', '.'))
                .Select(file => file.Path)
        );

    [Fact]
    public void Modules_do_not_use_each_other_in_a_circle()
    {
        Dictionary<string, HashSet<string>> uses = Uses();
        Assert.InRange(uses.Count, 20, 60);
        var open = new HashSet<string>(uses.Keys);
        while (open.FirstOrDefault(module => !uses[module].Overlaps(open)) is { } settled)
        {
            open.Remove(settled);
        }

        Assert.True(open.Count == 0, $"These modules use each other in a circle, or use one: {string.Join(", ", open.Order())}");
    }

    [Theory]
    [InlineData("Soco/Recipes", "Soco.Vision/Proposals")]
    [InlineData("Soco/Models", "Soco/Distributed", "Soco/Tensors")]
    [InlineData("Soco.Vision/IO")]
    [InlineData("Soco.Vision/Random")]
    public void A_leaf_uses_nothing_else(string leaf, params string[] allowed) => Assert.Equal(allowed, Uses()[leaf].Order());

    [Fact]
    public void Folders_are_small() =>
        Assert.Empty(
            s_files
                .GroupBy(file => Path.GetDirectoryName(file.Path)!)
                .Where(folder => folder.Count() > MostFiles)
                .Select(folder => $"{folder.Key}: {folder.Count()} files")
        );

    [Fact]
    public void The_diagram_shows_the_modules_as_they_are()
    {
        Dictionary<string, HashSet<string>> uses = Uses();
        string[] arrows =
        [
            .. from module in uses.Keys.Where(module =>
                module.Contains('/', StringComparison.Ordinal) && !module.StartsWith("Soco.Cli", StringComparison.Ordinal)
            )
            let indirect = Reached(uses[module].SelectMany(used => uses[used]))
            from used in uses[module].Except(indirect)
            let line = $"    {Name(module)} --> {Name(used)}"
            orderby line
            select line,
        ];
        string page = Path.Combine(s_source, "..", "docs", "architecture.md");
        string[] drawn = [.. File.ReadLines(page).Where(line => line.Contains(" --> ", StringComparison.Ordinal))];

        Assert.True(
            arrows.SequenceEqual(drawn),
            $"docs/architecture.md should draw these arrows, each module's shortest ones:\n{string.Join('\n', arrows)}"
        );

        static string Name(string module) => module[(module.IndexOf('/') + 1)..];

        // Ends where modules use each other in a circle, too.
        HashSet<string> Reached(IEnumerable<string> from)
        {
            var reached = new HashSet<string>();
            var open = new Queue<string>(from);
            while (open.TryDequeue(out string? module))
            {
                if (reached.Add(module))
                {
                    uses[module].ToList().ForEach(open.Enqueue);
                }
            }

            return reached;
        }
    }

    /// <summary>Each module with the other modules that it names; types of a project's root count for nothing.</summary>
    private static Dictionary<string, HashSet<string>> Uses()
    {
        ILookup<string, string> modules = s_files
            .Where(file => file.Namespace is not null)
            .ToLookup(file => file.Namespace!, file => file.Module);
        var uses = s_files.Select(file => file.Module).Distinct().ToDictionary(module => module, _ => new HashSet<string>());
        foreach (SourceFile file in s_files)
        {
            foreach (string name in file.Names)
            {
                string known = name;
                while (known.Length > 0 && !modules.Contains(known))
                {
                    known = known[..Math.Max(0, known.LastIndexOf('.'))];
                }

                uses[file.Module]
                    .UnionWith(modules[known].Where(module => module != file.Module && module.Contains('/', StringComparison.Ordinal)));
            }
        }

        return uses;
    }

    /// <summary>A file under src/.</summary>
    /// <param name="Path">From src/.</param>
    /// <param name="Namespace">Null where it has none.</param>
    /// <param name="Names">The namespaces and types that it spells out, in using lines or in full.</param>
    private sealed partial record SourceFile(string Path, string? Namespace, IReadOnlyList<string> Names)
    {
        /// <summary>The project and the first folder in it.</summary>
        public string Module => string.Join('/', Path.Split('/')[..^1].Take(2));

        public static SourceFile Read(string path)
        {
            string text = File.ReadAllText(System.IO.Path.Combine(s_source, path));
            string body = Comments().Replace(Declarations().Replace(text, ""), "");
            return new SourceFile(
                path,
                Declared().Match(text) is { Success: true } declared ? declared.Groups[1].Value : null,
                [.. Usings().Matches(text).Concat(FullNames().Matches(body)).Select(match => match.Groups[1].Value)]
            );
        }

        [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
        private static partial Regex Declared();

        [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?(Soco[\w.]*);", RegexOptions.Multiline)]
        private static partial Regex Usings();

        [GeneratedRegex("^(?:using|namespace) .*$", RegexOptions.Multiline)]
        private static partial Regex Declarations();

        [GeneratedRegex("//.*$", RegexOptions.Multiline)]
        private static partial Regex Comments();

        [GeneratedRegex(@"\b(Soco(?:\.[A-Z]\w+)+)\.[A-Z]")]
        private static partial Regex FullNames();
    }
}
