using System.Text.RegularExpressions;
using System.Xml.Linq;
using Soco.Comparison;
using Soco.Recipes;
using Soco.Reports.Html;
using Soco.Runs;
using Soco.Vision;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports;

/// <summary>
/// A page about a run, a comparison, or all runs in a folder: what was run, what came out, curves and pictures. The file needs no other
/// file and no network. Of what is not finished it shows what there is.
/// </summary>
public static partial class Report
{
    /// <summary>Bytes of pictures in a page, as text.</summary>
    private const long MostPictureBytes = 8_000_000;

    /// <summary>Folders between the one that is named and a run.</summary>
    private const int DeepestRun = 3;

    /// <summary>Makes the page.</summary>
    /// <param name="path">A run folder, a folder of `soco compare`, or a folder that holds run folders.</param>
    /// <param name="htmlPath">The page; null: <c>report.html</c> in that folder.</param>
    /// <returns>Where the page is.</returns>
    /// <exception cref="SocoRequestException">There is no run.</exception>
    /// <exception cref="SocoDataException">The results of a comparison are damaged.</exception>
    /// <exception cref="SocoRunException">The page cannot be written.</exception>
    public static string Save(string path, string? htmlPath = null)
    {
        string root = RootOf(path),
            page = Path.GetFullPath(htmlPath ?? Path.Combine(root, RunFolder.ReportName));
        PageOf(root).Save(page);
        return page;
    }

    /// <summary>Makes the page without a file: nothing is written into the folder.</summary>
    /// <param name="path">A run folder, a folder of `soco compare`, or a folder that holds run folders.</param>
    /// <param name="output">Where to, UTF-8; it stays open.</param>
    /// <exception cref="SocoRequestException">There is no run.</exception>
    /// <exception cref="SocoDataException">The results of a comparison are damaged.</exception>
    public static void Write(string path, Stream output) => PageOf(RootOf(path)).Write(output);

    private static string RootOf(string path) =>
        Directory.Exists(path)
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))
            : throw new SocoRequestException($"{path} is no folder: name that of a run, or one that holds runs.");

    private static HtmlPage PageOf(string root) => RunFolder.IsRun(root) ? PageOf(RunReading.Open(root)) : PageOfRuns(root);

    private static HtmlPage PageOf(RunReading run)
    {
        Dictionary<PagePicture, XElement> pictures = EmbeddedPictures.Load(RunSections.Pictures(run), MostPictureBytes);
        return Page(
            run.Name,
            RunSections.Head(run),
            [
                RunSections.Classes(run),
                ConfusionSection.Draw(run),
                RunSections.Finds(run, pictures),
                RunSections.Curves(run),
                .. RunSections.Shelves(run, pictures),
                RunSections.Outcome(run),
                RunSections.Making(run),
            ]
        );
    }

    private static HtmlPage PageOfRuns(string root)
    {
        ComparisonResults? results = ComparisonFolder.IsComparison(root) ? ComparisonResults.Find(ComparisonFolder.Create(root)) : null;
        string name = Path.GetFileName(root);
        string[] arms = [.. results?.Table.Select(row => row.Arm).Distinct() ?? []];
        OverviewRun[] runs =
        [
            .. RunsIn(root, DeepestRun)
                .Select(path => RunIn(root, path, results))
                .OrderBy(run => run.Run.Recipe is DetectionRecipe)
                .ThenBy(run => Array.IndexOf(arms, run.Group)),
        ];
        if (runs.Length == 0 && results is null)
        {
            throw new SocoRequestException(
                $"{root} holds no run: name the --out folder of `soco pretrain`, `soco finetune` or `soco compare`, or a folder that holds such folders."
            );
        }

        Dictionary<PagePicture, XElement> pictures = EmbeddedPictures.Load(
            [.. runs.SelectMany(run => OverviewSections.Pictures(run.Run))],
            MostPictureBytes
        );
        Dictionary<string, string> measured =
            results?.Cells.ToDictionary(cell => cell.Run, cell => $"AP50 {Show.Hundredths(cell.Bbox.Ap50 ?? -1)} on the test images") ?? [];
        return Page(
            name,
            results is null ? OverviewSections.Head(name, runs) : ComparisonSections.Head(name, results),
            [
                results is null ? null : ComparisonSections.Results(results),
                results is null ? null : ComparisonSections.Classes(results),
                OverviewSections.Curves(runs, arms),
                runs.Length == 0 ? null : OverviewSections.Table(runs, measured),
                runs.Length == 0 ? null : OverviewSections.Details(runs, measured, pictures),
                results is null ? null : ComparisonSections.Making(results),
            ]
        );
    }

    private static HtmlPage Page(string name, XElement head, IReadOnlyList<XElement?> sections)
    {
        XElement[] shown = [.. sections.OfType<XElement>()];
        return new HtmlPage(
            $"{name} · Soco",
            [
                head,
                El("nav", Attr("aria-label", "Parts of this page"), shown.Select(LinkTo)),
                .. shown,
                El(
                    "footer",
                    $"Made with Soco {Show.Version(Machine.SocoVersion)}, {Show.Moment(DateTimeOffset.UtcNow)}. The file needs no network and no other file."
                ),
            ]
        );
    }

    /// <summary>A link to a section, which gets its heading as its name in addresses.</summary>
    private static XElement LinkTo(XElement section)
    {
        string title = section.Element("h2")!.Value,
            id = "part-" + title.ToLowerInvariant().Replace(",", "").Replace(' ', '-');
        section.Add(Attr("id", id));
        return El("a", Attr("href", $"#{id}"), title);
    }

    /// <summary>The run folders below a folder, in the order that people count; none is looked for inside a run.</summary>
    private static IEnumerable<string> RunsIn(string folder, int depth) =>
        from inner in Directory
            .EnumerateDirectories(folder)
            .OrderBy(path => Digits().Replace(path, digits => digits.Value.PadLeft(9, '0')), StringComparer.Ordinal)
        from run in RunFolder.IsRun(inner) ? [inner]
        : depth > 1 ? RunsIn(inner, depth - 1)
        : []
        select run;

    private static OverviewRun RunIn(string root, string path, ComparisonResults? results)
    {
        string relative = Path.GetRelativePath(root, path).Replace('\\', '/');
        RunReading run = RunReading.Open(path, relative);
        string kind = run.Recipe is DetectionRecipe ? "fine-tuning" : "pretraining";
        if (results is null)
        {
            return new OverviewRun(run, relative, relative, kind);
        }

        // Runs of a comparison are named arm-seedN or arm-budget-seedN; the results tell arms and budgets apart.
        string arm = SeedOfName().Replace(Path.GetFileName(path), "");
        int budget = results.Table.Select(row => row.Budget).FirstOrDefault(labels => arm.EndsWith($"-{labels}", StringComparison.Ordinal));
        return run.Recipe is DetectionRecipe && budget > 0
            ? new OverviewRun(run, relative, arm[..^$"-{budget}".Length], $"{kind}, {ComparisonSections.Labels(results, budget)}")
            : new OverviewRun(run, relative, arm, kind);
    }

    [GeneratedRegex("[0-9]{1,9}")]
    private static partial Regex Digits();

    [GeneratedRegex("-seed[0-9]+$")]
    private static partial Regex SeedOfName();
}
