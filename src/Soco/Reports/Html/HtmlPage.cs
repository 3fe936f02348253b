using System.Reflection;
using System.Xml.Linq;
using Soco.Vision;
using Soco.Vision.IO;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports.Html;

/// <summary>A page that needs nothing but itself: style, script and pictures are in the file.</summary>
/// <param name="Title">What the window says.</param>
/// <param name="Content">What is on it.</param>
internal sealed record HtmlPage(string Title, IReadOnlyList<XElement> Content)
{
    /// <summary>Writes the page to a file, whole or not at all.</summary>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public void Save(string path) => AtomicFile.Write(path, Write);

    /// <summary>Writes the page.</summary>
    /// <param name="output">Where to, UTF-8; it stays open.</param>
    public void Write(Stream output) =>
        Markup.Write(
            El(
                "html",
                Attr("lang", "en"),
                El(
                    "head",
                    El("meta", Attr("charset", "utf-8")),
                    El("meta", Attr("name", "viewport"), Attr("content", "width=device-width, initial-scale=1")),
                    El("meta", Attr("name", "color-scheme"), Attr("content", "light dark")),
                    El("title", Title),
                    // No icon, so that a browser does not go and look for one.
                    El("link", Attr("rel", "icon"), Attr("href", "data:,")),
                    Raw("style", Resource("report.css"))
                ),
                El("body", El("main", Content), Raw("script", Resource("report.js")))
            ),
            output
        );

    private static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Soco.Reports.Html.{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Trim();
    }
}
