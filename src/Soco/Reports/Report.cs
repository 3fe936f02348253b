using System.Xml.Linq;
using Soco.Reports.Html;
using Soco.Training;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports;

/// <summary>
/// A page about a run, or about all runs in a folder: what was run, what came out, curves and pictures. The file needs no other file and no
/// network. Of a run that is not finished it shows what there is.
/// </summary>
public static class Report
{
    /// <summary>Bytes of pictures in a page, as text.</summary>
    private const long MostPictureBytes = 8_000_000;

    /// <summary>Makes the page.</summary>
    /// <param name="path">A run folder, or a folder that holds run folders.</param>
    /// <param name="htmlPath">The page; null: <c>report.html</c> in that folder.</param>
    /// <returns>Where the page is.</returns>
    /// <exception cref="SocoRequestException">There is no run.</exception>
    /// <exception cref="SocoRunException">The page cannot be written.</exception>
    public static string Save(string path, string? htmlPath = null)
    {
        RunReading run = RunReading.Open(path);
        string page = Path.GetFullPath(htmlPath ?? run.Folder.ReportPath);
        PageOf(run).Save(page);
        return page;
    }

    private static HtmlPage PageOf(RunReading run)
    {
        Dictionary<PagePicture, XElement> pictures = EmbeddedPictures.Load(RunSections.Pictures(run), MostPictureBytes);
        XElement?[] content =
        [
            RunSections.Head(run),
            RunSections.Finds(run, pictures),
            RunSections.Classes(run),
            RunSections.Curves(run),
            .. RunSections.Shelves(run, pictures),
            RunSections.Outcome(run),
            RunSections.Making(run),
            Foot(),
        ];
        return new HtmlPage($"{run.Name} · Soco", [.. content.OfType<XElement>()]);
    }

    private static XElement Foot() => El("footer", $"Made with Soco {Machine.SocoVersion}, {Show.Moment(DateTimeOffset.UtcNow)}. The file needs no network and no other file.");
}
