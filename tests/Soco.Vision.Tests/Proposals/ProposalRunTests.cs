using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;

namespace Soco.Vision.Tests.Proposals;

public sealed class ProposalRunTests : IDisposable
{
    private static readonly SelectiveSearchStrategy Strategy = new();

    private readonly TemporaryFolder _root = new();

    private string Output => _root.File("out");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Files_are_the_same_whatever_the_number_of_jobs()
    {
        InMemorySource source = InMemorySource.Of(40, unreadable: i => i % 7 == 3);
        ProposalRun.Run(source, Strategy, Output, new ProposalRunOptions { Jobs = 1, ImagesPerPart = 9 });
        ProposalRun.Run(source, Strategy, Output + "4", new ProposalRunOptions { Jobs = 4, ImagesPerPart = 9 });
        string[] files = [.. Directory.GetFiles(Output).Select(path => Path.GetFileName(path)).Where(name => name != ".lock").Order()];
        Assert.Equal(["part-00000.parquet", "part-00001.parquet", "part-00002.parquet", "part-00003.parquet", "skipped.csv"], files);
        Assert.All(
            files,
            file => Assert.Equal(File.ReadAllBytes(Path.Combine(Output, file)), File.ReadAllBytes(Path.Combine(Output + "4", file)))
        );
    }

    [Fact]
    public void Every_image_has_the_boxes_that_the_rules_keep()
    {
        InMemorySource source = InMemorySource.Of(5);
        ProposalRunResult result = ProposalRun.Run(source, Strategy, Output);
        ProposalStore store = ProposalStore.Load(Output);
        for (int i = 0; i < source.Count; i++)
        {
            RgbImage image = ImageDecoder.Decode(source.ReadBytes(i), source.NameOf(i));
            List<BoxXywh> expected = ProposalFilter
                .Published.Keep(new SelectiveSearch().Propose(image).Boxes, image.Width, image.Height)
                .Boxes;
            Assert.True(store.TryFind(source.NameOf(i), out BoxXywh[] boxes));
            Assert.Equal(expected, boxes);
        }

        Assert.Equal(
            (5, 0, 0, store.BoxCount, false),
            (result.Proposed, result.AlreadyThere, result.Skipped, result.Boxes, result.Cancelled)
        );
        Assert.True(store.BoxCount > 0);
    }

    [Fact]
    public void Unreadable_images_are_skipped_counted_and_listed()
    {
        var source = new InMemorySource([("a,\"b\".png", []), ("c.png", InMemorySource.Of(1).ReadBytes(0)), ("d.png", [1, 2, 3])]);
        ProposalRunResult result = ProposalRun.Run(source, Strategy, Output);
        Assert.Equal((1, 2), (result.Proposed, result.Skipped));
        string[] lines = File.ReadAllLines(Path.Combine(Output, "skipped.csv"));
        Assert.Equal("path,reason", lines[0]);
        Assert.StartsWith("\"a,\"\"b\"\".png\",", lines[1]);
        Assert.StartsWith("d.png,", lines[2]);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void A_run_without_any_readable_image_fails_and_says_why()
    {
        var exception = Assert.Throws<SocoRunException>(() =>
            ProposalRun.Run(InMemorySource.Of(3, unreadable: _ => true), Strategy, Output)
        );
        Assert.Contains("None of the 3 images", exception.Message);
        Assert.Contains("folder/000.png", exception.Message);
        Assert.True(File.Exists(Path.Combine(Output, "skipped.csv")));
    }

    [Theory]
    [InlineData("out")]
    [InlineData("out.json")]
    public void A_cancelled_run_keeps_what_is_done_and_continues_there(string name)
    {
        string output = _root.File(name),
            reference = _root.File("reference" + Path.GetExtension(name));
        InMemorySource source = InMemorySource.Of(60, unreadable: i => i == 5);
        using var cancellation = new CancellationTokenSource();
        ProposalRunResult first = ProposalRun.Run(
            source,
            Strategy,
            output,
            new ProposalRunOptions
            {
                Jobs = 2,
                ImagesPerPart = 4,
                Progress = progress => cancellation.Cancel(),
            },
            cancellation.Token
        );
        Assert.True(first.Cancelled);
        Assert.InRange(first.Proposed, 1, 40);
        Assert.False(File.Exists(_root.File("out.json")));

        ProposalRunResult second = ProposalRun.Run(source, Strategy, output, new ProposalRunOptions { ImagesPerPart = 4 });
        Assert.Equal(
            (first.Proposed, 59 - first.Proposed, 1, false),
            (second.AlreadyThere, second.Proposed, second.Skipped, second.Cancelled)
        );
        ProposalRun.Run(source, Strategy, reference);
        AssertSameBoxes(source, ProposalStore.Load(reference), ProposalStore.Load(output));
    }

    [Fact]
    public void What_a_killed_run_left_half_written_is_removed_and_done_again()
    {
        InMemorySource source = InMemorySource.Of(10);
        ProposalRun.Run(source, Strategy, Output, new ProposalRunOptions { ImagesPerPart = 4 });
        ProposalStore whole = ProposalStore.Load(Output);
        string part = Path.Combine(Output, "part-00001.parquet"),
            temporary = part + ".tmp";
        File.WriteAllBytes(temporary, File.ReadAllBytes(part)[..20]);
        File.Delete(part);

        ProposalRunResult result = ProposalRun.Run(source, Strategy, Output);
        Assert.Equal((6, 4), (result.AlreadyThere, result.Proposed));
        Assert.False(File.Exists(temporary));
        AssertSameBoxes(source, whole, ProposalStore.Load(Output));
    }

    [Fact]
    public void A_finished_run_asked_for_again_does_nothing()
    {
        InMemorySource source = InMemorySource.Of(4);
        ProposalRun.Run(source, Strategy, Output);
        ProposalRunResult again = ProposalRun.Run(source, Strategy, Output);
        Assert.Equal((0, 4, 0L), (again.Proposed, again.AlreadyThere, again.Boxes));
        Assert.Single(Directory.GetFiles(Output, "*.parquet"));
    }

    [Fact]
    public void Another_strategy_in_the_same_folder_is_a_wrong_request()
    {
        ProposalRun.Run(InMemorySource.Of(2), Strategy, Output);
        foreach (ProposalStrategy other in new ProposalStrategy[] { new RandomProposals(4), new SelectiveSearchStrategy(keepAll: true) })
        {
            var exception = Assert.Throws<SocoRequestException>(() => ProposalRun.Run(InMemorySource.Of(3), other, Output));
            Assert.Contains(other.Parameters, exception.Message);
            Assert.Contains(Strategy.Parameters, exception.Message);
        }
    }

    [Fact]
    public void A_damaged_part_stops_the_run_before_it_starts()
    {
        ProposalRun.Run(InMemorySource.Of(2), Strategy, Output);
        string part = Path.Combine(Output, "part-00000.parquet");
        File.WriteAllBytes(part, File.ReadAllBytes(part)[..50]);
        Assert.Contains(part, Assert.Throws<SocoDataException>(() => ProposalRun.Run(InMemorySource.Of(3), Strategy, Output)).Message);
    }

    [Fact]
    public void Json_holds_every_image_by_base_name_and_nothing_else_is_left()
    {
        InMemorySource source = InMemorySource.Of(12, unreadable: i => i == 2);
        string json = _root.File("p.json");
        ProposalRun.Run(source, Strategy, json, new ProposalRunOptions { ImagesPerPart = 5 });
        ProposalRun.Run(source, Strategy, Output);
        AssertSameBoxes(source, ProposalStore.Load(Output), ProposalStore.Load(json));
        Assert.Equal(
            ["out", "p.json", "skipped.csv"],
            Directory.GetFileSystemEntries(_root.Root).Select(path => Path.GetFileName(path)).Order()
        );
    }

    [Fact]
    public void Json_is_refused_before_any_work_where_base_names_are_equal()
    {
        var source = new InMemorySource([("x/a.png", []), ("y/a.png", [])]);
        Assert.Contains(
            "called a",
            Assert.Throws<SocoRequestException>(() => ProposalRun.Run(source, Strategy, _root.File("p.json"))).Message
        );
        Assert.Empty(Directory.GetFileSystemEntries(_root.Root));
    }

    [Fact]
    public void Keep_all_keeps_more()
    {
        InMemorySource source = InMemorySource.Of(6);
        long kept = ProposalRun.Run(source, Strategy, Output).Boxes;
        long all = ProposalRun.Run(source, new SelectiveSearchStrategy(keepAll: true), Output + "-all").Boxes;
        Assert.True(all > kept, $"{all} > {kept}");
    }

    [Fact]
    public void A_part_that_cannot_be_written_fails_the_run_and_leaves_the_others()
    {
        InMemorySource source = InMemorySource.Of(12);
        Directory.CreateDirectory(AtomicFile.TemporaryNameOf(Path.Combine(Output, "part-00002.parquet")));
        var exception = Assert.Throws<SocoRunException>(() =>
            ProposalRun.Run(source, Strategy, Output, new ProposalRunOptions { ImagesPerPart = 3 })
        );
        Assert.Contains("part-00002.parquet cannot be written", exception.Message);
        Assert.Equal(6, ProposalStore.Load(Output).Count);
    }

    [Fact]
    public void Progress_counts_up_to_the_total()
    {
        var reports = new List<ProposalProgress>();
        ProposalRun.Run(
            InMemorySource.Of(20, unreadable: i => i < 2),
            Strategy,
            Output,
            new ProposalRunOptions { Jobs = 2, Progress = reports.Add }
        );
        Assert.All(reports, report => Assert.Equal(20, report.Total));
        Assert.Equal(reports.Select(report => report.Done).Order(), reports.Select(report => report.Done));
        Assert.Equal((20, 2), (reports[^1].Done, reports[^1].Skipped));
        Assert.True(reports[^1].ImagesPerSecond > 0);
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
    }

    [Fact]
    public void A_failure_in_a_worker_ends_the_run_with_that_failure()
    {
        var exception = Assert.Throws<InvalidTimeZoneException>(() =>
            ProposalRun.Run(InMemorySource.Of(30), new FailingStrategy(), Output, new ProposalRunOptions { Jobs = 3 })
        );
        Assert.Equal("on purpose", exception.Message);
    }

    private static void AssertSameBoxes(ImageSource source, ProposalStore expected, ProposalStore actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < source.Count; i++)
        {
            bool there = expected.TryFind(source.NameOf(i), out BoxXywh[] boxes);
            Assert.Equal(there, actual.TryFind(source.NameOf(i), out BoxXywh[] others));
            Assert.Equal(boxes, others);
        }
    }

    private sealed class FailingStrategy : ProposalStrategy
    {
        public override string Name => "failing";

        public override string Parameters => "";

        public override Func<RgbImage, string, IReadOnlyList<BoxXywh>> NewWorker(CancellationToken cancellationToken) =>
            (_, name) => name.Contains("011") ? throw new InvalidTimeZoneException("on purpose") : [];
    }
}
