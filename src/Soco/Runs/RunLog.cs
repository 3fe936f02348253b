using System.Globalization;
using System.Text.Json;
using Soco.Vision;
using TorchSharp;
using TorchSharp.Modules;

namespace Soco.Runs;

/// <summary>
/// The log of a run: a JSON line and TensorBoard scalars and histograms for each logged step. Names carry their units
/// (<c>data_wait_s</c>); a value that is not finite is <c>null</c> in JSON, which has no word for it.
/// </summary>
public sealed class RunLog : IDisposable
{
    private const string StepName = "step";
    private const int PieceBytes = 1 << 16;

    private static readonly Dictionary<string, IReadOnlyList<float>> s_none = [];
    private readonly FileStream _lines;
    private readonly SummaryWriter _events;

    /// <summary>
    /// Opens the log. Lines and events of later steps than the one that training goes on from are dropped, so that each step is there once.
    /// </summary>
    /// <param name="folder">The run.</param>
    /// <param name="stepsDone">Steps of the checkpoint that was restored; 0 for a new run.</param>
    /// <exception cref="SocoRunException">The folder cannot be written.</exception>
    public RunLog(RunFolder folder, long stepsDone)
    {
        try
        {
            // No buffer: a line is with the operating system when Write returns, and a killed run loses none.
            _lines = new FileStream(folder.LogPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            _lines.SetLength(LengthUpTo(_lines, stepsDone));
            _lines.Seek(0, SeekOrigin.End);
            EventFiles.DropAfter(folder.EventsPath, stepsDone);
            Directory.CreateDirectory(folder.EventsPath);
            _events = torch.utils.tensorboard.SummaryWriter(folder.EventsPath);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _lines?.Dispose();
            throw Unwritable(folder.LogPath, error);
        }
    }

    /// <summary>Writes what was measured at a step.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="values">Values by name, in the order they should be read.</param>
    /// <param name="vectors">
    /// Lists of values by name: in JSON arrays with 4 significant digits, in TensorBoard histograms where all is finite.
    /// </param>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Write(
        long step,
        IReadOnlyDictionary<string, double> values,
        IReadOnlyDictionary<string, IReadOnlyList<float>>? vectors = null
    )
    {
        vectors ??= s_none;
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber(StepName, step);
            foreach ((string name, double value) in values)
            {
                if (double.IsFinite(value))
                {
                    json.WriteNumber(name, value);
                }
                else
                {
                    json.WriteNull(name);
                }
            }

            foreach ((string name, IReadOnlyList<float> vector) in vectors)
            {
                json.WriteStartArray(name);
                foreach (float value in vector)
                {
                    json.WriteRawValue(float.IsFinite(value) ? value.ToString("G4", CultureInfo.InvariantCulture) : "null");
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        try
        {
            _lines.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            foreach ((string name, double value) in values)
            {
                _events.add_scalar(name, (float)value, checked((int)step));
            }

            foreach (
                (string name, IReadOnlyList<float> vector) in vectors.Where(vector =>
                    vector.Value.Count > 0 && vector.Value.All(float.IsFinite)
                )
            )
            {
                using DisposeScope scope = torch.NewDisposeScope();
                _events.add_histogram(name, torch.tensor([.. vector]), checked((int)step));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(_lines.Name, error);
        }
    }

    /// <summary>
    /// Reads a log: for each line its values by name, <c>step</c> among them, NaN for null, without its vectors. A last line that was cut
    /// off is left out.
    /// </summary>
    /// <exception cref="SocoDataException">The file cannot be read, or is not a log.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, double>> Read(string path) =>
        [
            .. LinesOf(path)
                .Lines.Select(line =>
                    Parse(line.Text)
                    ?? throw new SocoDataException(
                        $"{path} is not a log: the line at byte {line.End - line.Text.Length} is not a JSON object with numbers and a step; name a run's log.jsonl."
                    )
                ),
        ];

    /// <summary>
    /// Reads what is whole of a log, as <see cref="Read"/> does, and counts the lines that are not: those cut off, and those damaged.
    /// </summary>
    /// <exception cref="SocoDataException">The file cannot be read.</exception>
    public static (IReadOnlyList<IReadOnlyDictionary<string, double>> Lines, int Damaged) ReadWhole(string path)
    {
        (IReadOnlyList<(byte[] Text, long End)> lines, bool isCut) = LinesOf(path);
        Dictionary<string, double>[] whole = [.. lines.Select(line => Parse(line.Text)).OfType<Dictionary<string, double>>()];
        return (whole, lines.Count - whole.Length + (isCut ? 1 : 0));
    }

    /// <summary>Seconds that the steps of a log took, without evaluations, however often the run was interrupted.</summary>
    /// <param name="path">The log.</param>
    /// <param name="batch">Images of a step.</param>
    /// <exception cref="SocoDataException">The file cannot be read, or is not a log.</exception>
    public static double TrainingSeconds(string path, int batch)
    {
        double seconds = 0,
            before = 0;
        foreach (IReadOnlyDictionary<string, double> line in Read(path))
        {
            if (line.TryGetValue("images_per_s", out double rate) && rate > 0)
            {
                seconds += (line[StepName] - before) * batch / rate;
                before = line[StepName];
            }
        }

        return seconds;
    }

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    // Steps only rise, so what is kept ends with the last line that is whole and not later. The log of a long run is gigabytes: it is read
    // from its end.
    private static long LengthUpTo(Stream stream, long step)
    {
        foreach ((byte[] text, long end) in LinesFromEnd(stream))
        {
            if (Parse(text) is Dictionary<string, double> values && values[StepName] <= step)
            {
                return end;
            }
        }

        return 0;
    }

    /// <summary>The lines that end with a line feed, the last one first; End is the offset after it.</summary>
    private static IEnumerable<(byte[] Text, long End)> LinesFromEnd(Stream stream)
    {
        byte[] held = [];
        long start = stream.Length,
            end = -1;
        while (start > 0)
        {
            byte[] piece = new byte[Math.Min(PieceBytes, start)];
            start -= piece.Length;
            stream.Position = start;
            stream.ReadExactly(piece);
            held = [.. piece, .. held];
            for (int feed; (feed = Array.LastIndexOf(held, (byte)'\n')) >= 0; held = held[..feed])
            {
                if (end >= 0)
                {
                    yield return ([.. held[(feed + 1)..], (byte)'\n'], end);
                }

                end = start + feed + 1;
            }

            if (end < 0)
            {
                // A last line that was cut off.
                held = [];
            }
        }

        if (end >= 0)
        {
            yield return ([.. held, (byte)'\n'], end);
        }
    }

    private static (IReadOnlyList<(byte[] Text, long End)> Lines, bool IsCut) LinesOf(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            (byte[] Text, long End)[] lines = [.. Lines(stream)];
            return (lines, stream.Length > (lines.Length == 0 ? 0 : lines[^1].End));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}); name a run's log.jsonl.", error);
        }
    }

    // Whole lines only; End is the offset after the line's end.
    private static IEnumerable<(byte[] Text, long End)> Lines(Stream stream)
    {
        byte[] held = [],
            piece = new byte[PieceBytes];
        long end = 0;
        for (int read; (read = stream.Read(piece)) > 0; )
        {
            held = [.. held, .. piece.AsSpan(0, read)];
            int start = 0;
            for (int feed; (feed = Array.IndexOf(held, (byte)'\n', start)) >= 0; start = feed + 1)
            {
                end += feed + 1 - start;
                yield return (held[start..(feed + 1)], end);
            }

            held = held[start..];
        }
    }

    private static Dictionary<string, double>? Parse(byte[] line)
    {
        try
        {
            var values = new Dictionary<string, double>();
            foreach ((string name, JsonElement value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line) ?? [])
            {
                switch (value.ValueKind)
                {
                    case JsonValueKind.Array:
                        break;
                    case JsonValueKind.Null:
                        values[name] = double.NaN;
                        break;
                    case JsonValueKind.Number:
                        values[name] = value.GetDouble();
                        break;
                    default:
                        return null;
                }
            }

            return values.ContainsKey(StepName) ? values : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static SocoRunException Unwritable(string path, Exception error) =>
        new($"{path} cannot be written ({error.Message.TrimEnd('.')}); free space there or name another folder.", error);
}
