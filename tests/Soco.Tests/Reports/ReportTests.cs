using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Soco.Comparison;
using Soco.Recipes;
using Soco.Reports;
using Soco.Runs;
using Soco.Vision;
using Soco.Weights;

namespace Soco.Tests.Reports;

public sealed partial class ReportTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void The_page_of_a_pretraining_tells_whether_it_worked_what_came_out_and_how_long_it_took()
    {
        XElement page = Page(WrittenRuns.WritePretraining(Run()).Root);

        string head = page.Descendants("header").Single().Value;
        Assert.Contains("✓ Finished: all 240 steps in 52 min 0 s.", head, StringComparison.Ordinal);
        Assert.Contains(
            "Views of the same object agree to 0.85 (mean cosine, 1 is perfect), and different objects stay apart: no collapse.",
            head,
            StringComparison.Ordinal
        );
        Assert.Equal(
            [
                "Loss",
                "Embedding spread",
                "Loss of each pair of views",
                "Gradient norm",
                "Matched boxes",
                "Learning rate",
                "EMA momentum",
                "Speed",
                "Memory",
            ],
            page.Descendants("h3").Select(title => title.Value)
        );
        Assert.Contains("soco pretrain 'my images' --out run", page.Value, StringComparison.Ordinal);
        Assert.Contains("A Processor, 2 cores, 23.5 GiB", page.Value, StringComparison.Ordinal);
        Assert.Contains("projector_out", page.Value, StringComparison.Ordinal);
        Assert.Single(page.Descendants("img"));
    }

    [Fact]
    public void The_page_of_a_fine_tuning_shows_classes_and_the_worst_finds_first()
    {
        XElement page = Page(WrittenRuns.WriteFinetuning(Run()).Root);

        Assert.Contains(
            "At a score of 0.42 and above the best detector finds 30 of 42 objects, with 5 false alarms.",
            page.Value,
            StringComparison.Ordinal
        );
        Assert.Equal(
            ["cat", "42", "30.0", "", "60.0", "20.0", "45.0", "0.38"],
            page.Descendants("tbody").First().Elements("tr").First().Elements().Select(cell => cell.Value)
        );
        Assert.Equal(
            [
                "worst.jpg: 4 of 9 objects missed, 1 false alarm",
                "second.jpg: 1 of 5 objects missed, 0 false alarms",
                "middling.jpg: 0 of 3 objects missed, 1 false alarm",
            ],
            page.Descendants("figure")
                .Where(figure => figure.Attribute("class")!.Value == "picture")
                .Select(figure => figure.Element("figcaption")?.Value)
                .OfType<string>()
        );
        Assert.Equal("Average precision", page.Descendants("h3").First().Value);
        Assert.All(page.Descendants("img"), image => Assert.NotEqual("", image.Attribute("alt")!.Value));
    }

    [Theory]
    [InlineData(0.07, null, "no collapse", null)]
    [InlineData(0.07, 9.2, "no collapse", null)]
    [InlineData(0.07, 1.6, "agree to 0.85 (mean cosine, 1 is perfect). The features differ in 1.6 directions", "bad")]
    [InlineData(0.02, 9.2, "keep 20\u00a0% of the spread", "fair")]
    [InlineData(0.003, 1.6, "have collapsed", "bad")]
    public void Spread_and_rank_decide_what_is_said_of_a_collapse(double spread, double? rank, string said, string? color)
    {
        XElement verdict = Page(WrittenRuns.WritePretraining(Run(), spread: spread, rank: rank).Root)
            .Descendants("p")
            .First(p => p.Attribute("class")?.Value == "verdict");

        Assert.Contains(said, verdict.Value, StringComparison.Ordinal);
        Assert.Equal(color is null, verdict.Value.Contains("no collapse", StringComparison.Ordinal));
        Assert.Equal(color, verdict.Elements("span").Skip(1).SingleOrDefault()?.Attribute("class")?.Value);
    }

    [Theory]
    [InlineData(
        0.361,
        0.14,
        true,
        "tells 36.1\u00a0% of the labelled objects from features of the head, 14.0\u00a0% from a fresh network's."
    )]
    [InlineData(0.12, 0.14, false, "14.0\u00a0% from a fresh network's: it has learned nothing yet that tells them better.")]
    public void A_probe_has_its_say_in_the_verdict_and_its_curve(double told, double fresh, bool good, string said)
    {
        RunFolder folder = WrittenRuns.WritePretraining(Run(), rank: 9.2);
        File.AppendAllText(
            folder.LogPath,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"step\":240,\"probe_c5\":0.2,\"probe_c5_fresh\":0.1,\"probe_head\":{told},\"probe_head_fresh\":{fresh}}}\n"
            )
        );

        XElement page = Page(folder.Root),
            verdict = page.Descendants("p").First(p => p.Attribute("class")?.Value == "verdict");
        Assert.Contains(said, verdict.Value, StringComparison.Ordinal);
        Assert.Equal(good, verdict.Value.Contains("no collapse", StringComparison.Ordinal));
        Assert.Equal("What the features know", page.Descendants("h3").First().Value);
        Assert.Contains("head, fresh", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_contrastive_pretraining_tells_among_how_many_an_object_is_known()
    {
        // Two pairs of views: 3.2 / 2 is 2 nats times four temperatures, and e^2 is 7.39.
        PretrainingRecipe recipe = WrittenRuns.Pretraining with
        {
            Objective = new() { Kind = ObjectiveKind.Infonce, Temperature = 0.2 },
        };
        XElement page = Page(WrittenRuns.WritePretraining(Run(), recipe: recipe, rank: 4).Root);

        string head = page.Descendants("header").Single().Value;
        Assert.Contains(
            "told from those of other images as among 7.4 (1 is certain), and different objects stay apart: no collapse.",
            head,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("perfect agreement", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("mean cosine", page.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrainingOutcome.Stopped, null, "✓ Stopped as asked at step 100 of 240")]
    [InlineData(TrainingOutcome.Interrupted, null, "‖ Interrupted at step 100 of 240 and saved; the same command goes on.")]
    [InlineData(null, "The loss is NaN at step 101.", "✕ Failed after step 100 of 240: The loss is NaN at step 101.")]
    [InlineData(null, null, "‖ Broken off at step 100 of 240: no end was written down")]
    public void A_run_that_did_not_come_to_its_end_says_so_and_shows_what_there_is(TrainingOutcome? outcome, string? error, string said)
    {
        XElement page = Page(WrittenRuns.WritePretraining(Run(), 100, outcome, error: error).Root);

        Assert.Contains(said, page.Descendants("header").Single().Value, StringComparison.Ordinal);
        Assert.NotEmpty(page.Descendants("h3"));
    }

    [Fact]
    public void A_run_that_a_process_has_is_running()
    {
        RunFolder folder = WrittenRuns.WritePretraining(Run(), 100, outcome: null);
        using IDisposable held = folder.Lock();

        Assert.Contains("… Running: step 100 of 240 when this page was made.", Page(folder.Root).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_lines_of_the_log_are_left_out_and_counted()
    {
        RunFolder folder = WrittenRuns.WritePretraining(Run(), 100);
        File.AppendAllText(folder.LogPath, "{\"loss\":\"low\"}\n{\"step\":102,\"lo");

        XElement page = Page(folder.Root);

        Assert.Contains("2 lines of the log are damaged and left out", page.Value, StringComparison.Ordinal);
        Assert.Equal(
            "0 100",
            page.Descendants("figure").First(figure => figure.Attribute("class")!.Value == "chart").Attribute("data-x")!.Value
        );
    }

    [Fact]
    public void Names_are_text_wherever_they_come_from()
    {
        const string hostile = "<img src=x onerror=alert(1)>\"'&\u0007";
        RunFolder folder = WrittenRuns.WriteFinetuning(Run(), hostile);
        new FoundPictures(0.5, [new FoundPicture("found-1.png", hostile, 1, 1, 0, false)]).Save(folder.FoundPath);

        XElement page = Page(folder.Root);

        Assert.Contains(page.Descendants("th"), cell => cell.Value == hostile.Replace('\u0007', '\uFFFD'));
        Assert.DoesNotContain(page.Descendants("img"), image => image.Attribute("onerror") is not null);
    }

    [Fact]
    public void Missing_and_damaged_files_leave_their_parts_out()
    {
        RunFolder folder = WrittenRuns.WriteFinetuning(Run());
        File.WriteAllText(folder.EvaluationPath, "{\"bbox\": 7");
        File.WriteAllText(folder.RecipePath, "method: unheard-of\n  x: [");
        File.WriteAllText(folder.FoundPath, "[");
        File.WriteAllText(folder.RecordPath, "");
        File.WriteAllText(Path.Combine(folder.PicturesPath, "labels-1.png"), "no picture");

        XElement page = Page(folder.Root);

        Assert.Contains("The recipe is missing or cannot be read.", page.Value, StringComparison.Ordinal);
        Assert.Empty(page.Descendants("img"));
        Assert.Contains("Loss", page.Descendants("h3").Select(title => title.Value));
        Directory.Delete(folder.PicturesPath, recursive: true);
        File.Delete(folder.LogPath);
        Assert.Empty(Page(folder.Root).Descendants("h3"));
    }

    [Fact]
    public void A_run_whose_record_is_lost_claims_no_end()
    {
        RunFolder folder = WrittenRuns.WritePretraining(Run());
        File.Delete(folder.RecordPath);

        Assert.Contains(
            "‖ End unknown: 240 steps are logged, and nothing tells how they ended.",
            Page(folder.Root).Descendants("header").Single().Value,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_fine_tuning_tells_what_it_began_from()
    {
        RunFolder folder = WrittenRuns.WriteFinetuning(Run());
        Assert.Contains("It began from scratch.", Page(folder.Root).Value, StringComparison.Ordinal);

        folder.WriteTransfer(new TransferReport("run/weights.safetensors", TransferParts.Fpn, [], [], [], 0));
        Assert.Contains(
            "It began from weights: 0 tensors come from run/weights.safetensors, 0 begin fresh.",
            Page(folder.Root).Value,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_folder_of_runs_becomes_an_overview_with_a_place_for_each()
    {
        WrittenRuns.WritePretraining(_temporary.File("all/b-run"), 100, TrainingOutcome.Interrupted);
        WrittenRuns.WritePretraining(_temporary.File("all/inner/run-10"));
        WrittenRuns.WritePretraining(_temporary.File("all/inner/run-9"));
        WrittenRuns.WriteFinetuning(_temporary.File("all/a-run"));

        XElement page = Page(_temporary.File("all"));

        Assert.Contains("3 of 4 runs finished", page.Value, StringComparison.Ordinal);
        XElement[] links = [.. page.Descendants("tbody").First().Descendants("a")];
        Assert.Equal(["b-run", "inner/run-9", "inner/run-10", "a-run"], links.Select(link => link.Value));
        Assert.All(
            links,
            link => Assert.Contains(page.Descendants("details"), fold => "#" + fold.Attribute("id")?.Value == link.Attribute("href")!.Value)
        );
        Assert.Equal(
            ["b-run", "inner/run-9", "inner/run-10"],
            page.Descendants("ul")
                .First(list => list.Attribute("class")?.Value == "legend")
                .Elements("li")
                .Select(item => item.Element("span")!.Value)
        );
    }

    [Fact]
    public void A_comparison_has_its_table_its_dots_and_its_runs()
    {
        XElement page = Page(WriteComparison());

        Assert.Contains("✓ Finished: all 8 cells are measured.", page.Value, StringComparison.Ordinal);
        Assert.Contains(
            "With 20 labelled images soco is ahead at AP50 60.5, +20.0 to scratch (95\u00a0% interval +20.0 to +20.0).",
            page.Value,
            StringComparison.Ordinal
        );
        Assert.Equal(8, page.Descendants("i").Count(dot => dot.Attribute("class")?.Value == "seed"));
        Assert.Contains("scratch: seed 1 40.0, seed 2 41.0", page.Descendants("div").Select(track => track.Attribute("aria-label")?.Value));

        // With 80 labels one seed of soco is not above both of scratch, so nothing is bold.
        XElement[] tables = [.. page.Descendants("table").Take(2)];
        Assert.Equal(["60.5 ± 0.7", "60.5 ± 0.7"], tables[0].Descendants("b").Select(best => best.Value).Take(2));
        Assert.Empty(tables[1].Descendants("b"));
        Assert.Contains("+20.0 (+20.0 to +20.0)", tables[0].Descendants("small").Select(difference => difference.Value));

        Assert.Equal(
            ["soco (2 runs)"],
            page.Descendants("ul")
                .First(list => list.Attribute("class")?.Value == "legend")
                .Elements("li")
                .Select(item => item.Element("span")!.Value)
        );
        Assert.Contains("AP50 60.0 on the test images", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_without_a_finished_cell_shows_its_runs()
    {
        string folder = WriteComparison();
        File.Delete(Path.Combine(folder, "results.json"));

        Assert.Contains("3 of 3 runs finished", Page(folder).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_without_a_run_is_one_sentence()
    {
        Directory.CreateDirectory(_temporary.File("empty"));
        File.WriteAllText(_temporary.File("file"), "");

        Assert.Contains(
            "is no folder",
            Assert.Throws<SocoRequestException>(() => Report.Save(_temporary.File("file"))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is no folder",
            Assert.Throws<SocoRequestException>(() => Report.Save(_temporary.File("nowhere"))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "holds no run",
            Assert.Throws<SocoRequestException>(() => Report.Save(_temporary.File("empty"))).Message,
            StringComparison.Ordinal
        );
        Assert.Empty(Directory.GetFiles(_temporary.File("empty")));
    }

    [Fact]
    public void The_page_goes_where_it_is_asked_to()
    {
        string run = WrittenRuns.WritePretraining(Run()).Root,
            page = _temporary.File("elsewhere/page.html");

        Assert.Equal(page, Report.Save(run, page));
        Assert.True(File.Exists(page));
        Assert.False(File.Exists(Path.Combine(run, "report.html")));
    }

    private string Run() => _temporary.File("run");

    private string WriteComparison()
    {
        string root = _temporary.File("study");
        WrittenRuns.WritePretraining(Path.Combine(root, "pretrain", "soco-seed1"));
        WrittenRuns.WritePretraining(Path.Combine(root, "pretrain", "soco-seed2"));
        WrittenRuns.WriteFinetuning(Path.Combine(root, "finetune", "soco-20-seed1"));
        (string Arm, int Budget, double[] Ap50)[] measured =
        [
            ("scratch", 20, [0.40, 0.41]),
            ("soco", 20, [0.60, 0.61]),
            ("scratch", 80, [0.70, 0.76]),
            ("soco", 80, [0.75, 0.80]),
        ];
        CellResult[] cells =
        [
            .. from row in measured
            from seed in new[] { 1, 2 }
            let ap50 = row.Ap50[seed - 1]
            let figures = new CellFigures(ap50, ap50, ap50 / 2, null, null, null, null)
            select new CellResult(
                row.Arm,
                row.Budget,
                seed,
                figures,
                null,
                [new ClassFigures("cell", 9, ap50, ap50)],
                0,
                60,
                100,
                $"finetune/{row.Arm}-{row.Budget}-seed{seed}"
            ),
        ];
        Dictionary<long, double> BySeed(double[] values, double times = 1) => new() { [1] = values[0] * times, [2] = values[1] * times };
        var results = new ComparisonResults
        {
            Machine = new ComparisonMachine("A Processor", 2, "23 GiB", 2, "A System"),
            Soco = "0.1.0+0123456789abcdef",
            Command = "soco compare study.yaml --out study",
            Started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Seconds = 3600,
            Warnings = [],
            Data = new ComparisonCounts(205, 205, 0, 72, ["cell"], "data/test.json", []),
            Config = null,
            Baseline = "scratch",
            CellsInAll = 8,
            Cells = cells,
            Table =
            [
                .. from row in measured
                let baseline = row.Arm == "scratch"
                    ? null
                    : measured.Single(other => other.Arm == "scratch" && other.Budget == row.Budget).Ap50
                let whole = Spread.Of(BySeed(row.Ap50), baseline is null ? null : BySeed(baseline))
                let half = Spread.Of(BySeed(row.Ap50, 0.5), baseline is null ? null : BySeed(baseline, 0.5))
                select new TableRow(row.Arm, row.Budget, [1, 2], new SpreadFigures(whole, whole, half), null),
            ],
        };
        ComparisonFolder folder = ComparisonFolder.Create(root);
        results.Save(folder);
        File.WriteAllText(folder.ConfigPath, "budgets: [20, 80]\n");
        return root;
    }

    /// <summary>
    /// Makes the page of a folder, and checks what holds for every page: it is well-formed, asks for no other file, and has one main
    /// heading.
    /// </summary>
    private static XElement Page(string folder)
    {
        string text = File.ReadAllText(Report.Save(folder));
        XElement page = XDocument.Parse(text).Root!;
        Assert.All(
            page.DescendantsAndSelf().Attributes().Where(attribute => attribute.Name.LocalName is "src" or "href"),
            link => Assert.Matches(@"^(data:|#|[^:]*/report\.html$)", link.Value)
        );
        Assert.DoesNotMatch(Address(), text);
        Assert.Single(page.Descendants("h1"));
        Assert.Equal(
            page.Descendants("h2").Select(title => title.Value),
            page.Descendants("nav").Single().Elements("a").Select(link => link.Value)
        );
        Assert.All(
            page.Descendants().Attributes("href").Where(link => link.Value.StartsWith('#')),
            link => Assert.Single(page.Descendants(), element => "#" + element.Attribute("id")?.Value == link.Value)
        );
        Assert.Equal(
            page.Descendants().Attributes("id").Select(id => id.Value).Distinct().Count(),
            page.Descendants().Attributes("id").Count()
        );
        return page;
    }

    [GeneratedRegex(@"https?://|@import|url\(")]
    private static partial Regex Address();
}
