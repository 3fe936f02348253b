using System.Globalization;
using System.Xml.Linq;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports.Html;

/// <summary>What the color of a cell says.</summary>
internal enum HeatKind
{
    /// <summary>As it should be.</summary>
    Right,

    /// <summary>One thing taken for another.</summary>
    Wrong,

    /// <summary>Something where nothing should be, or the other way round.</summary>
    Nothing,
}

/// <summary>A cell of a heat map.</summary>
/// <param name="Count">What stands in it.</param>
/// <param name="Share">A share from 0 to 1; the strength of the color goes with its root, so that small ones can be seen.</param>
/// <param name="Kind">Which color it has.</param>
/// <param name="Title">What it says in words, when it is pointed at.</param>
internal sealed record HeatCell(int Count, double Share, HeatKind Kind, string Title);

/// <summary>Counts in rows and columns as a table whose cells are colored; it scrolls where the page is narrower.</summary>
internal sealed record HeatMap
{
    private const double FaintestPercent = 10;
    private const double StrongestPercent = 60;

    /// <summary>What it shows, in a line.</summary>
    public required string Caption { get; init; }

    /// <summary>What the rows are.</summary>
    public required string RowTitle { get; init; }

    /// <summary>What the columns are.</summary>
    public required string ColumnTitle { get; init; }

    /// <summary>The names of the rows.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>The names of the columns.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>By row and column; null where nothing was counted.</summary>
    public required IReadOnlyList<IReadOnlyList<HeatCell?>> Cells { get; init; }

    /// <summary>The map as an element.</summary>
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
                    Class("heat"),
                    El(
                        "thead",
                        El(
                            "tr",
                            El("td"),
                            El(
                                "th",
                                Attr("colspan", Columns.Count.ToString(CultureInfo.InvariantCulture)),
                                Attr("scope", "colgroup"),
                                ColumnTitle
                            )
                        ),
                        El(
                            "tr",
                            El("th", RowTitle),
                            Columns.Select(column => El("th", Attr("scope", "col"), Attr("title", column), El("span", column)))
                        )
                    ),
                    El("tbody", Rows.Zip(Cells, Row))
                )
            )
        );

    private static XElement Row(string name, IReadOnlyList<HeatCell?> cells) =>
        El("tr", El("th", Attr("scope", "row"), Attr("title", name), El("span", name)), cells.Select(Cell));

    private static XElement Cell(HeatCell? cell) =>
        cell is null
            ? El("td")
            : El(
                "td",
                Class(cell.Kind.ToString().ToLowerInvariant()),
                Attr("title", cell.Title),
                Attr(
                    "style",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"--part:{FaintestPercent + (StrongestPercent - FaintestPercent) * Math.Sqrt(cell.Share):0.#}%"
                    )
                ),
                Show.Count(cell.Count)
            );
}
