using System.Xml.Linq;
using Soco.Recipes;
using Soco.Reports.Html;
using Soco.Runs;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports;

/// <summary>The parts of a page about one run. A part that has nothing to show is null.</summary>
internal static class RunSections
{
    private const int WorstShown = 3;
    private const string WidePictures = "46rem";

    private static readonly (string Prefix, string Title, string Explanation)[] s_shelves =
    [
        (
            "views",
            "What the model sees",
            "Proposals and crops on top; below them the views with the boxes that are compared, each with its pyramid level and its number, before and after the colors change. "
                + "The same number is the same object."
        ),
        (
            "neighbors",
            "What is near to what",
            "A box in the first column, and the boxes of other images whose vectors are nearest to its own."
        ),
        ("labels", "What it learns from", "The labels of a few training images."),
    ];

    /// <summary>Kind, name, verdict and figures.</summary>
    public static XElement Head(RunReading run) =>
        El("header", El("p", Class("kind"), RunVerdict.Kind(run)), El("h1", run.Name), RunVerdict.Sentences(run), RunVerdict.Tiles(run));

    /// <summary>Files that came out, and what to do with them.</summary>
    public static XElement? Outcome(RunReading run)
    {
        (string Path, string What)[] files =
        [
            (
                run.Folder.WeightsPath,
                run.Recipe is DetectionRecipe
                    ? run.Evaluation is null
                        ? "the detector"
                        : "the best detector"
                    : "backbone, FPN and box head"
            ),
            (run.Folder.LastWeightsPath, "the detector of the last evaluation"),
            (run.Folder.DetectionsPath, "what the best detector found, as COCO results"),
            (run.Folder.EvaluationPath, "what it measures"),
        ];
        XElement[] items =
        [
            .. files
                .Where(file => File.Exists(file.Path))
                .Select(file =>
                    El("li", El("code", Path.GetFileName(file.Path)), $": {file.What}, {Show.Bytes(new FileInfo(file.Path).Length)}")
                ),
        ];
        return items.Length == 0
            ? null
            : El(
                "section",
                El("h2", "What came out"),
                El("ul", items),
                El("p", "Next:"),
                El(
                    "pre",
                    run.Recipe is DetectionRecipe
                        ? $"soco predict path/to/images --weights {run.Name} --out found"
                        : $"soco finetune --annotations train.json --val-annotations val.json --weights {run.Name} --out detector"
                )
            );
    }

    /// <summary>AP of each class.</summary>
    public static XElement? Classes(RunReading run)
    {
        if (run.Evaluation?.Bbox is not { } boxes)
        {
            return null;
        }

        var masks = run.Evaluation.Segm?.Categories.ToDictionary(Name);
        return El(
            "section",
            El("h2", "Classes"),
            new HtmlTable
            {
                Caption =
                    $"Average precision of the best detector on {Show.Count(run.Evaluation.Images, "image")}, in percent, the best class first",
                Columns = masks is null
                    ? ["class", "objects", "AP", "", "AP50", "AP75", "AR", "best score"]
                    : ["class", "objects", "AP, boxes", "", "AP50", "AP75", "AR", "best score", "AP, masks", "AP50", "AP75"],
                Rows =
                [
                    .. boxes
                        .Categories.OrderByDescending(category => Number(category, "AP"))
                        .Select(category =>
                            (IReadOnlyList<object>)
                                [
                                    Name(category),
                                    Show.Count((long)Number(category, "objects")),
                                    Show.Hundredths(Number(category, "AP")),
                                    Bar(Number(category, "AP")),
                                    Show.Hundredths(Number(category, "AP50")),
                                    Show.Hundredths(Number(category, "AP75")),
                                    Show.Hundredths(Number(category, "AR")),
                                    run.Evaluation.Errors.ScoreOf((int)Number(category, "id")) is { } score ? Show.Fixed(score, 2) : "–",
                                    .. masks is null
                                        ? []
                                        : new[] { "AP", "AP50", "AP75" }.Select<string, object>(number =>
                                            Show.Hundredths(masks.TryGetValue(Name(category), out var mask) ? Number(mask, number) : -1)
                                        ),
                                ]
                        ),
                ],
            }.Draw(),
            El(
                "p",
                Class("explained"),
                "AP: average precision over IoU 0.50 to 0.95; AR: average recall of 100 detections an image. Best score: from it on precision and recall of the class balance best "
                    + "(the largest F1 at IoU 0.5). A dash stands where there is no object to find, or nothing right. Classes of few objects have uncertain figures."
            )
        );

        static string Name(Dictionary<string, System.Text.Json.JsonElement> category) => category["name"].GetString() ?? "";
        static double Number(Dictionary<string, System.Text.Json.JsonElement> category, string name) =>
            category.TryGetValue(name, out var value) ? value.GetDouble() : -1;
    }

    /// <summary>The curves.</summary>
    public static XElement? Curves(RunReading run)
    {
        XElement[] charts = [.. RunCharts.All(run).Select(chart => chart.Draw()).OfType<XElement>()];
        return charts.Length == 0
            ? null
            : El(
                "section",
                El("h2", "Curves"),
                run.DamagedLines > 0
                    ? El(
                        "p",
                        Class("fair"),
                        $"{Show.Count(run.DamagedLines, "line")} of the log {(run.DamagedLines == 1 ? "is" : "are")} damaged and left out, as a kill or a power cut leaves them."
                    )
                    : null,
                El("div", Class("charts"), charts)
            );
    }

    /// <summary>Detections beside the truth.</summary>
    public static XElement? Finds(RunReading run, IReadOnlyDictionary<PagePicture, XElement> pictures)
    {
        XElement[] worst = Of(typical: false),
            typical = Of(typical: true),
            folded = [.. worst.Skip(WorstShown), .. typical];
        return worst.Length + typical.Length == 0
            ? null
            : El(
                "section",
                El("h2", "What it gets wrong"),
                El(
                    "p",
                    Class("lead"),
                    "The worst images first: truth on the left, detections on the right. With a heavy frame and a label: objects that were missed, and detections that are false. "
                        + "With a thin frame: what is right. "
                        + $"Detections of a score of {Show.Fixed(run.Found.Score, 2)} and above, where precision and recall balance best; an IoU of 0.5 is enough."
                ),
                Shelf([.. worst.Take(WorstShown)], WidePictures),
                folded.Length == 0
                    ? null
                    : El(
                        "details",
                        El(
                            "summary",
                            $"{Show.Count(folded.Length)} more{(typical.Length > 0 ? ", the last ones of middling errors" : "")}"
                        ),
                        Shelf(folded, WidePictures)
                    )
            );

        XElement[] Of(bool typical) =>
            [
                .. run
                    .Found.Pictures.Where(found => found.IsTypical == typical)
                    .Select(found => pictures.GetValueOrDefault(FoundPicture(run, found)))
                    .OfType<XElement>(),
            ];
    }

    /// <summary>The other pictures.</summary>
    public static IEnumerable<XElement> Shelves(RunReading run, IReadOnlyDictionary<PagePicture, XElement> pictures)
    {
        foreach ((string prefix, string title, string explanation) in s_shelves)
        {
            XElement[] shown = [.. Pictures(run, prefix).Select(pictures.GetValueOrDefault).OfType<XElement>()];
            if (shown.Length > 0)
            {
                yield return El(
                    "section",
                    El("h2", title),
                    El("p", Class("lead"), explanation),
                    prefix == "labels" ? Shelf(shown, "20rem", isWide: false) : Shelf(shown, "26rem")
                );
            }
        }
    }

    /// <summary>The pictures of a run that a page shows, the most telling first.</summary>
    public static IReadOnlyList<PagePicture> Pictures(RunReading run) =>
        [.. Finds(run), .. s_shelves.SelectMany(shelf => Pictures(run, shelf.Prefix))];

    /// <summary>Those of finds.</summary>
    public static IEnumerable<PagePicture> Finds(RunReading run) => run.Found.Pictures.Select(found => FoundPicture(run, found));

    /// <summary>The first of each kind of the others.</summary>
    public static IEnumerable<PagePicture> FirstOfShelves(RunReading run) =>
        s_shelves.SelectMany(shelf => Pictures(run, shelf.Prefix).Take(1));

    /// <summary>Command, settings, sessions.</summary>
    public static XElement Making(RunReading run)
    {
        RunSession[] sessions = [.. run.Record.Sessions];
        return El(
            "section",
            El("h2", "What was run, on what"),
            sessions.Length == 0
                ? El("p", Class("lead"), "Nothing was written down of command, machine and time.")
                : El("pre", sessions[0].Command),
            run.Recipe is DetectionRecipe
                ? El("p", run.Transfer is { } transfer ? $"It began from weights: {transfer.Describe()}" : "It began from scratch.")
                : null,
            run.Recipe is null ? El("p", Class("fair"), "The recipe is missing or cannot be read.") : KeySettings(run.Recipe),
            run.Recipe is null ? null : El("details", El("summary", "All settings"), Settings(run.Recipe)),
            sessions.Length == 0 ? null : Sessions(sessions)
        );
    }

    /// <summary>Pictures beside each other.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="width">The least width of one, where there is room.</param>
    /// <param name="isWide">Whether they are of so many parts that they scroll where there is no room.</param>
    public static XElement Shelf(IReadOnlyList<XElement> pictures, string width, bool isWide = true) =>
        El("div", Class(isWide ? "pictures wide" : "pictures"), Attr("style", $"--wide:{width}"), pictures);

    private static PagePicture FoundPicture(RunReading run, FoundPicture found)
    {
        string caption =
            $"{found.Image}: {found.Missed} of {Show.Count(found.Objects, "object")} missed, {Show.Count(found.FalseAlarms, "false alarm")}";
        return new PagePicture(
            Path.Combine(run.Folder.PicturesPath, Path.GetFileName(found.Picture)),
            $"Truth and detections of {caption}",
            caption
        );
    }

    private static IEnumerable<PagePicture> Pictures(RunReading run, string prefix) =>
        !Directory.Exists(run.Folder.PicturesPath)
            ? []
            : Directory
                .EnumerateFiles(run.Folder.PicturesPath, $"{prefix}*.png")
                .OrderBy(path => path.Length)
                .ThenBy(path => path, StringComparer.Ordinal)
                .Select(path => new PagePicture(
                    path,
                    $"{s_shelves.First(shelf => shelf.Prefix == prefix).Title}: {Path.GetFileNameWithoutExtension(path)}"
                ));

    private static XElement Bar(double share) =>
        El("span", Class("bar"), El("i", Attr("style", FormattableString.Invariant($"width:{100 * Math.Clamp(share, 0, 1):0.#}%"))));

    private static XElement KeySettings(Recipe recipe)
    {
        string rate = Show.Setting(recipe is PretrainingRecipe pretraining ? pretraining.PeakLr : ((DetectionRecipe)recipe).PeakLr);
        (string Name, string Value)[] all = recipe is PretrainingRecipe soco
            ?
            [
                ("method", RecipeValue.Format(soco.Method)),
                ("backbone", soco.ArchName),
                ("views", $"{soco.Views.Size} px"),
                ("boxes", $"{soco.Boxes.PerImage} an image"),
                ("epochs", Show.Count(soco.Epochs)),
                ("batch", Show.Count(soco.Batch)),
                ("learning rate", rate),
                ("EMA", Show.Setting(soco.Ema.Momentum)),
            ]
            :
            [
                ("method", RecipeValue.Format(((DetectionRecipe)recipe).Method)),
                ("backbone", recipe.ArchName),
                ("short side", $"{((DetectionRecipe)recipe).Input.TestShortSide} px"),
                ("steps", Show.Count(((DetectionRecipe)recipe).Iterations)),
                ("batch", Show.Count(recipe.Batch)),
                ("learning rate", rate),
            ];
        (string Name, string Value)[] ends =
        [
            .. all,
            ("precision", RecipeValue.Format(recipe.Precision)!),
            ("seed", Show.Count(recipe.Seed)),
        ];
        return new HtmlTable
        {
            Caption = "The settings that matter most",
            Columns = [.. ends.Select(value => value.Name)],
            Rows =
            [
                [.. ends.Select(value => value.Value)],
            ],
            IsText = true,
        }.Draw();
    }

    private static XElement Settings(Recipe recipe) =>
        El(
            "div",
            Class("settings"),
            recipe
                .Values()
                .GroupBy(value => value.Section)
                .Select(section =>
                    El(
                        "div",
                        section.Key.Length > 0 ? El("h4", section.Key) : null,
                        El("dl", section.Select(value => new[] { El("dt", value.Name), El("dd", value.Value) }))
                    )
                )
        );

    private static XElement Sessions(RunSession[] sessions) =>
        new HtmlTable
        {
            Caption = sessions.Length == 1 ? "The process that trained it" : $"The {sessions.Length} processes that trained it",
            Columns = ["began", "time", "steps", "end", "machine", "Soco"],
            IsText = true,
            Rows =
            [
                .. sessions.Select(session =>
                    (IReadOnlyList<object>)
                        [
                            Show.Moment(session.Started),
                            session.Ended is null ? "–" : Durations.Format(session.Duration),
                            $"{Show.Count(session.FirstStep)} to {(session.LastStep is { } last ? Show.Count(last) : "?")}",
                            session switch
                            {
                                { Error: { } error } => error,
                                { Outcome: TrainingOutcome.Completed } => "finished",
                                { Outcome: TrainingOutcome.Stopped } => "stopped as asked",
                                { Outcome: TrainingOutcome.Interrupted } => "interrupted",
                                _ => "no end was written down",
                            },
                            $"{session.Machine.Processor}, {Show.Count(session.Machine.Cores, "core")}, {Show.Number(session.Machine.MemoryGib)} GiB; {session.Machine.System}; {session.Machine.Runtime}; "
                                + $"{session.Device}, {Show.Count(session.Threads, "thread")}"
                                + (
                                    session.Processes > 1
                                        ? $" in each of {session.Processes} processes on {string.Join(", ", session.Hosts)}, over {session.Engine}"
                                        : ""
                                ),
                            Show.Version(session.Version),
                        ]
                ),
            ],
        }.Draw();
}
