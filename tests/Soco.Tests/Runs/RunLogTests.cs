using System.Text.Json;
using Soco.Runs;
using Soco.Vision;
using Tensorboard;

namespace Soco.Tests.Runs;

public sealed class RunLogTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly RunFolder _folder;

    public RunLogTests() => _folder = RunFolder.Create(_temporary.File("run"));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Each_logged_step_is_one_JSON_line_in_the_order_given()
    {
        Write(0, 1);

        Assert.Equal("{\"step\":1,\"loss\":-0.5,\"lr\":1E-05,\"data_wait_s\":0.25}\n", File.ReadAllText(_folder.LogPath));
    }

    [Fact]
    public void A_line_is_on_its_way_to_the_disk_as_soon_as_it_is_written()
    {
        using var log = new RunLog(_folder, 0);
        log.Write(1, new Dictionary<string, double> { ["loss"] = 1 });

        Assert.Single(RunLog.Read(_folder.LogPath));
    }

    [Fact]
    public void Numbers_that_are_not_finite_leave_the_line_valid()
    {
        using (var log = new RunLog(_folder, 0))
        {
            log.Write(3, new Dictionary<string, double> { ["loss"] = double.NaN, ["lr"] = double.PositiveInfinity });
        }

        Assert.Equal("{\"step\":3,\"loss\":null,\"lr\":null}\n", File.ReadAllText(_folder.LogPath));
        Assert.Equal(
            new Dictionary<string, double>
            {
                ["step"] = 3,
                ["loss"] = double.NaN,
                ["lr"] = double.NaN,
            },
            RunLog.Read(_folder.LogPath)[0]
        );
    }

    [Fact]
    public void On_resume_each_step_is_there_once()
    {
        Write(0, 1, 2, 3, 4, 5);
        Write(3, 4, 5, 6);

        Assert.Equal([1.0, 2, 3, 4, 5, 6], RunLog.Read(_folder.LogPath).Select(line => line["step"]));
    }

    [Fact]
    public void A_line_that_a_power_cut_tore_is_cut_off()
    {
        Write(0, 1, 2);
        File.AppendAllText(_folder.LogPath, "{\"step\":3,\"lo");

        Assert.Equal(2, RunLog.Read(_folder.LogPath).Count);
        Write(9, 10);

        Assert.Equal([1.0, 2, 10], RunLog.Read(_folder.LogPath).Select(line => line["step"]));
        Assert.All(File.ReadLines(_folder.LogPath), line => JsonDocument.Parse(line).Dispose());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1999)]
    [InlineData(2718)]
    [InlineData(4000)]
    [InlineData(9000)]
    public void A_long_log_is_cut_from_its_end(int step)
    {
        // Lines of uneven lengths, one of them longer than what is read at a time.
        string[] lines =
        [
            .. Enumerable
                .Range(1, 4000)
                .Select(at => $"{{\"step\":{at},\"loss\":0.{new string('7', at == 2719 ? 200_000 : at % 97 + 1)}}}\n"),
        ];
        File.WriteAllText(_folder.LogPath, string.Concat(lines) + "{\"step\":4001,\"lo");
        Write(step);

        Assert.Equal(string.Concat(lines.Take(step)), File.ReadAllText(_folder.LogPath));
        Assert.Equal(Math.Min(step, 4000), RunLog.Read(_folder.LogPath).Count);
    }

    [Fact]
    public void A_new_run_starts_with_an_empty_log()
    {
        Write(0, 1, 2);
        Write(0);

        Assert.Equal(0, new FileInfo(_folder.LogPath).Length);
    }

    [Fact]
    public void A_log_that_is_none_is_one_sentence()
    {
        File.WriteAllText(_folder.LogPath, "{\"step\":1}\n{\"loss\":\"low\"}\n");

        Assert.Equal(
            $"{_folder.LogPath} is not a log: the line at byte 11 is not a JSON object with numbers and a step; name a run's log.jsonl.",
            Assert.Throws<SocoDataException>(() => RunLog.Read(_folder.LogPath)).Message
        );
        Assert.Throws<SocoDataException>(() => RunLog.Read(_temporary.File("none")));
        File.WriteAllBytes(_folder.LogPath, [.. "{\"step\":1,\""u8, 0xFF, .. "\":2}\n"u8]);
        Assert.Contains(
            "the line at byte 0 is not a JSON object",
            Assert.Throws<SocoDataException>(() => RunLog.Read(_folder.LogPath)).Message
        );
        File.WriteAllText(_folder.LogPath, "{\"step\":1,\"\\ud800\":2}\n");
        Assert.Contains(
            "the line at byte 0 is not a JSON object",
            Assert.Throws<SocoDataException>(() => RunLog.Read(_folder.LogPath)).Message
        );
    }

    [Fact]
    public void TensorBoard_finds_every_scalar()
    {
        Write(0, 1, 2);

        string file = Assert.Single(Directory.GetFiles(_folder.EventsPath, "events.out.tfevents.*", SearchOption.AllDirectories));
        (string Tag, long Step, float Value)[] scalars =
        [
            .. Events(file).SelectMany(entry => entry.Summary?.Value.Select(value => (value.Tag, entry.Step, value.SimpleValue)) ?? []),
        ];

        Assert.Equal(
            [
                ("loss", 1, -0.5f),
                ("lr", 1, 1e-5f),
                ("data_wait_s", 1, 0.25f),
                ("loss", 2, -0.5f),
                ("lr", 2, 1e-5f),
                ("data_wait_s", 2, 0.25f),
            ],
            scalars
        );
    }

    [Fact]
    public void A_vector_is_an_array_with_four_significant_digits()
    {
        WriteVector(0.0123456f, 1, 1.23456e-7f, 12345.6f, float.NaN);

        Assert.Equal("{\"step\":7,\"loss\":1,\"projector_std\":[0.01235,1,1.235E-07,1.235E+04,null]}\n", File.ReadAllText(_folder.LogPath));
        using JsonDocument line = JsonDocument.Parse(File.ReadAllText(_folder.LogPath));
        Assert.Equal(12350, line.RootElement.GetProperty("projector_std")[3].GetDouble());
    }

    [Fact]
    public void Reading_gives_the_scalars_of_a_line_with_vectors_and_resuming_keeps_it()
    {
        WriteVector(0.1f, 0.2f);
        Assert.Equal(new Dictionary<string, double> { ["step"] = 7, ["loss"] = 1 }, RunLog.Read(_folder.LogPath)[0]);

        Write(7, 8);
        Assert.Equal([7.0, 8], RunLog.Read(_folder.LogPath).Select(line => line["step"]));
    }

    [Fact]
    public void TensorBoard_finds_a_vector_as_a_histogram()
    {
        WriteVector([.. Enumerable.Repeat(0.5f, 30), .. Enumerable.Repeat(2f, 10)]);

        HistogramProto histogram = Assert.Single(Histograms());
        Assert.Equal((0.5, 2, 40, 35), (histogram.Min, histogram.Max, histogram.Num, histogram.Sum));
        Assert.Equal(40, histogram.Bucket.Sum());
        Assert.Equal(30, histogram.Bucket.Zip(histogram.BucketLimit).Where(bucket => bucket.Second < 1).Sum(bucket => bucket.First));
    }

    [Fact]
    public void A_vector_that_is_empty_or_not_finite_has_no_histogram()
    {
        WriteVector();
        WriteVector(1, float.PositiveInfinity);

        Assert.Empty(Histograms());
    }

    [Fact]
    public void On_resume_TensorBoard_has_each_step_once_too_and_a_torn_event_is_gone()
    {
        Write(0, 1, 2, 3, 4, 5);
        WriteVector(1, 2);
        string first = Assert.Single(
            Directory.GetFiles(_folder.EventsPath, "*", SearchOption.AllDirectories),
            file => Events(file).Any(entry => entry.Step == 5)
        );
        File.WriteAllBytes(first, [.. File.ReadAllBytes(first), 40, 0, 0, 0, 0, 0, 0, 0, 1, 2]);

        Write(3, 4, 5, 6);

        IEnumerable<long> steps = Directory
            .GetFiles(_folder.EventsPath, "*", SearchOption.AllDirectories)
            .SelectMany(Events)
            .Where(entry => entry.Summary is not null && entry.Summary.Value[0].Tag == "loss")
            .Select(entry => entry.Step);
        Assert.Equal([1L, 2, 3, 4, 5, 6], steps.Order());
        Assert.Empty(Histograms());
    }

    [Fact]
    public void A_new_run_leaves_no_event_of_an_older_one()
    {
        Write(0, 1, 2);
        Write(0);

        Assert.DoesNotContain(
            Directory.GetFiles(_folder.EventsPath, "*", SearchOption.AllDirectories).SelectMany(Events),
            entry => entry.Step > 0
        );
    }

    private void WriteVector(params float[] vector)
    {
        using var log = new RunLog(_folder, 6);
        log.Write(
            7,
            new Dictionary<string, double> { ["loss"] = 1 },
            new Dictionary<string, IReadOnlyList<float>> { ["projector_std"] = vector }
        );
    }

    private HistogramProto[] Histograms() =>
        [
            .. Directory
                .GetFiles(_folder.EventsPath, "events.out.tfevents.*", SearchOption.AllDirectories)
                .SelectMany(Events)
                .SelectMany(entry => entry.Summary?.Value.Select(value => value.Histo) ?? [])
                .Where(histogram => histogram is not null),
        ];

    private void Write(long stepsDone, params long[] steps)
    {
        using var log = new RunLog(_folder, stepsDone);
        foreach (long step in steps)
        {
            log.Write(
                step,
                new Dictionary<string, double>
                {
                    ["loss"] = -0.5,
                    ["lr"] = 1e-5,
                    ["data_wait_s"] = 0.25,
                }
            );
        }
    }

    // A record is its length (8 bytes), a checksum (4), the event and a checksum (4).
    private static IEnumerable<Event> Events(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            int length = (int)reader.ReadInt64();
            reader.ReadInt32();
            yield return Event.Parser.ParseFrom(reader.ReadBytes(length));
            reader.ReadInt32();
        }
    }
}
