using System.Xml.Linq;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports.Html;

/// <summary>A table in a box of its own, in which it scrolls where the page is narrower.</summary>
internal sealed record HtmlTable
{
    /// <summary>What it shows, in a line.</summary>
    public required string Caption { get; init; }

    /// <summary>The names of the columns; the first column names the rows.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>The rows: text or elements, a cell for each column.</summary>
    public required IReadOnlyList<IReadOnlyList<object>> Rows { get; init; }

    /// <summary>Whether the columns after the first hold text; numbers stand to the right.</summary>
    public bool IsText { get; init; }

    /// <summary>The table as an element.</summary>
    public XElement Draw() =>
        El(
            "figure",
            Class("table"),
            El("figcaption", Caption),
            El(
                "div",
                Class("scroll"),
                Attr("tabindex", "0"),
                Attr("role", "region"),
                Attr("aria-label", Caption),
                El(
                    "table",
                    Class(IsText ? "text" : "numbers"),
                    El("thead", El("tr", Columns.Select(column => El("th", Attr("scope", "col"), column)))),
                    El(
                        "tbody",
                        Rows.Select(row =>
                            El("tr", row.Select((cell, i) => i == 0 ? El("th", Attr("scope", "row"), cell) : El("td", cell)))
                        )
                    )
                )
            )
        );
}
