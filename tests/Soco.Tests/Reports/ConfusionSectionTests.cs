using System.Text.Json;
using System.Xml.Linq;
using Soco.Reports;
using Soco.Runs;

namespace Soco.Tests.Reports;

public sealed class ConfusionSectionTests : IDisposable
{
    private const string Title = "Confused classes";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_matrix_says_in_each_cell_what_was_taken_for_what()
    {
        XElement section = Section(["dog", "cat", "nobody"], [(0, 0, 6), (0, 1, 3), (0, null, 1), (1, 1, 1200), (null, 1, 297)])!;

        XElement[] rows = [.. section.Descendants("tbody").Single().Elements()];
        Assert.Equal(
            [
                ["dog", "6", "3", "1"],
                ["cat", "", "1200", ""],
                ["no object", "", "297", ""],
            ],
            rows.Select(row => row.Elements().Select(cell => cell.Value).ToArray())
        );
        Assert.Equal(
            ["detected as", "truth", "dog", "cat", "missed"],
            section.Descendants("thead").Single().Descendants("th").Select(cell => cell.Value)
        );
        Assert.Equal(
            [
                "6 of 10 objects of dog (60.0\u00a0%) found",
                "3 of 10 objects of dog (30.0\u00a0%) taken for cat",
                "1 of 10 objects of dog (10.0\u00a0%) missed",
                "1200 of 1200 objects of cat (100.0\u00a0%) found",
                "297 of 1500 detections of cat are where no object is",
            ],
            section.Descendants("td").Select(cell => cell.Attribute("title")?.Value).OfType<string>()
        );
        Assert.Equal(["dog taken for cat: 3 of 10 objects, 30.0\u00a0%"], section.Descendants("li").Select(item => item.Value));
        Assert.Contains("a score of 0.42 and above", section.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_classes_the_most_confused_are_shown_in_their_order_and_a_line_says_so()
    {
        // Class k is taken k times for the class before it; every object of class 0 is missed.
        string[] names = [.. Enumerable.Range(0, 31).Select(i => $"class {i}")];
        XElement section = Section(
            names,
            [(0, null, 500), .. Enumerable.Range(1, 30).SelectMany(i => new (int?, int?, int)[] { (i, i, 100), (i, i - 1, i) })]
        )!;

        Assert.Equal(
            [.. names[11..], "no object"],
            section.Descendants("tbody").Single().Elements().Select(row => row.Elements().First().Value)
        );
        Assert.Contains("Of 31 classes the 20 with the most confusions are shown", section.Value, StringComparison.Ordinal);
        Assert.Equal(10, section.Descendants("li").Count());
        Assert.Equal("class 30 taken for class 29: 30 of 130 objects, 23.1\u00a0%", section.Descendants("li").First().Value);
    }

    [Fact]
    public void Where_no_class_is_taken_for_another_a_line_says_so()
    {
        XElement section = Section(["dog", "cat"], [(0, 0, 3), (1, null, 2)])!;

        Assert.Contains("No object was taken for one of another class.", section.Value, StringComparison.Ordinal);
        Assert.Empty(section.Descendants("li"));
    }

    [Fact]
    public void One_class_alone_and_an_evaluation_without_a_matrix_have_no_such_part()
    {
        Assert.Null(Section(["dog"], [(0, 0, 3)]));
        Assert.Null(Section(["dog", "cat"], []));
        Assert.Null(SectionOf(WrittenRuns.WriteFinetuning(_temporary.File("before"))));
    }

    [Fact]
    public void Counts_that_cannot_be_are_left_out()
    {
        XElement section = Section(["dog", "cat"], [(0, 0, 3), (77, 0, 5), (0, 1, -4), (1, 78, 5)])!;

        Assert.Equal(
            [
                ["dog", "3", ""],
                ["no object", "", ""],
            ],
            section.Descendants("tbody").Single().Elements().Select(row => row.Elements().Select(cell => cell.Value).ToArray())
        );
    }

    private XElement? Section(string[] names, (int? Truth, int? Detected, int Count)[] counts)
    {
        RunFolder folder = WrittenRuns.WriteFinetuning(_temporary.File("run"));
        File.WriteAllText(
            folder.EvaluationPath,
            JsonSerializer.Serialize(
                new
                {
                    step = 60,
                    images = 9,
                    errors = new { score = 0.42 },
                    confusion = new
                    {
                        score = 0.42,
                        iou = 0.5,
                        counts = counts.Select(known => new
                        {
                            truth = known.Truth,
                            detected = known.Detected,
                            count = known.Count,
                        }),
                    },
                    bbox = new
                    {
                        categories = names.Select(
                            (name, id) =>
                                new
                                {
                                    id,
                                    name,
                                    objects = 1,
                                }
                        ),
                    },
                }
            )
        );
        return SectionOf(folder);
    }

    private static XElement? SectionOf(RunFolder folder) =>
        XDocument
            .Parse(File.ReadAllText(Report.Save(folder.Root)))
            .Root!.Descendants("section")
            .SingleOrDefault(section => section.Element("h2")!.Value == Title);
}
