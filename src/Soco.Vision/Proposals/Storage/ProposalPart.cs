using Parquet;
using Parquet.Data;
using Parquet.Schema;
using Soco.Vision.IO;

namespace Soco.Vision.Proposals.Storage;

/// <summary>
/// A Parquet file of proposals: one row an image, <c>path, width, height, strategy, parameters</c> and <c>boxes</c>, a list of int32 that
/// holds x, y, w, h of one box after the other (<c>np.stack(row.boxes).reshape(-1, 4)</c>). It is written under a temporary name, synced
/// and renamed, so a file with this name is complete; a checksum in it is verified when it is read (<see cref="ParquetSeal"/>).
/// </summary>
internal static class ProposalPart
{
    private const string Form = "a file of proposals has path, width, height, strategy, parameters and boxes (a list of int32)";

    /// <summary>Writes a file.</summary>
    public static void Write(string path, ProposalOrigin origin, IReadOnlyList<ProposalRow> rows) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var file = new MemoryStream();
                WriteAsync(file, origin, rows).GetAwaiter().GetResult();
                stream.Write(ParquetSeal.Seal(file.GetBuffer().AsSpan(0, (int)file.Length)));
            }
        );

    /// <summary>Reads a file and hands out its rows in order, each with its boxes as stored.</summary>
    /// <returns>How the boxes were made; null if the file does not say.</returns>
    /// <exception cref="SocoDataException">Not a complete Parquet file, or not one of proposals.</exception>
    public static ProposalOrigin? Read(string path, Action<ProposalRow> row) =>
        Read(path, (reader, columns) => ReadAsync(path, reader, columns, row));

    /// <summary>How the boxes of a file were made, and the images that it has.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static ProposalOrigin? ReadNames(string path, Action<string> name) =>
        Read(
            path,
            async (reader, columns) =>
            {
                ProposalOrigin? origin = null;
                for (int group = 0; group < reader.RowGroupCount; group++)
                {
                    using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
                    origin = SameOrigin(path, origin, await ReadOriginAsync(path, columns, rows));
                    Array.ForEach(await columns.TextAsync(rows, "path"), name);
                }

                return origin;
            }
        );

    private static async Task WriteAsync(Stream stream, ProposalOrigin origin, IReadOnlyList<ProposalRow> rows)
    {
        DataField<string> pathField = new("path", nullable: false),
            strategyField = new("strategy", nullable: false);
        DataField<string> parametersField = new("parameters", nullable: false);
        DataField<int> widthField = new("width"),
            heightField = new("height"),
            boxField = new("element");
        var schema = new ParquetSchema(
            pathField,
            widthField,
            heightField,
            strategyField,
            parametersField,
            new ListField("boxes", boxField)
        );
        var values = new List<int>();
        var repetitions = new List<int>();
        var definitions = new List<int>();
        foreach (ProposalRow row in rows)
        {
            int first = values.Count;
            foreach (BoxXywh box in row.Boxes)
            {
                values.AddRange([box.X, box.Y, box.Width, box.Height]);
            }

            // An image without boxes is a list that is there and empty: one level below a value.
            int levels = Math.Max(1, values.Count - first);
            definitions.AddRange(Enumerable.Repeat(boxField.MaxDefinitionLevel - (values.Count == first ? 1 : 0), levels));
            repetitions.Add(0);
            repetitions.AddRange(Enumerable.Repeat(1, levels - 1));
        }

        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream);
        writer.CustomMetadata = new Dictionary<string, string> { [ParquetSeal.Key] = "XXH3" };
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        await group.WriteAsync(pathField, rows.Select(row => row.Path).ToArray());
        await group.WriteAsync<int>(widthField, rows.Select(row => row.Width).ToArray());
        await group.WriteAsync<int>(heightField, rows.Select(row => row.Height).ToArray());
        await group.WriteAsync(strategyField, Enumerable.Repeat(origin.Strategy, rows.Count).ToArray());
        await group.WriteAsync(parametersField, Enumerable.Repeat(origin.Parameters, rows.Count).ToArray());
        await group.WriteAllPartsAsync<int>(
            boxField,
            values.ToArray(),
            definitions.ToArray(),
            repetitions.ToArray(),
            CancellationToken.None
        );
        group.CompleteValidate();
    }

    private static async Task<ProposalOrigin?> ReadAsync(string path, ParquetReader reader, ParquetColumns columns, Action<ProposalRow> row)
    {
        ProposalOrigin? origin = null;
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
            origin = SameOrigin(path, origin, await ReadOriginAsync(path, columns, rows));
            string[] names = await columns.TextAsync(rows, "path");
            int[] widths = await columns.NumbersAsync<int>(rows, "width", "int32"),
                heights = await columns.NumbersAsync<int>(rows, "height", "int32");
            DataField boxField = columns.Find<int>("boxes", "int32");
            using var boxes = (RawColumnData<int>)await rows.ReadRawColumnDataBaseAsync(boxField);
            HandOut(path, names, widths, heights, boxes, boxField.MaxDefinitionLevel, row);
        }

        return origin;
    }

    private static void HandOut(
        string path,
        string[] names,
        int[] widths,
        int[] heights,
        RawColumnData<int> column,
        int present,
        Action<ProposalRow> row
    )
    {
        ReadOnlySpan<int> values = column.Values,
            repetitions = column.RepetitionLevels,
            definitions = column.DefinitionLevels;
        int value = 0,
            image = 0;
        var boxes = new List<BoxXywh>();
        for (int at = 0; at < repetitions.Length; image++)
        {
            int first = value;
            do
            {
                value += definitions[at] == present ? 1 : 0;
            } while (++at < repetitions.Length && repetitions[at] > 0);

            if ((value - first) % 4 != 0)
            {
                throw new SocoDataException(
                    $"{path} has {value - first} numbers in the boxes of {names[image]}, not four a box; make the file again."
                );
            }

            boxes.Clear();
            for (; first < value; first += 4)
            {
                boxes.Add(new BoxXywh(values[first], values[first + 1], values[first + 2], values[first + 3]));
            }

            row(new ProposalRow(names[image], widths[image], heights[image], boxes));
        }
    }

    private static async Task<ProposalOrigin?> ReadOriginAsync(string path, ParquetColumns columns, ParquetRowGroupReader rows)
    {
        string[] strategies = [.. (await columns.TextAsync(rows, "strategy")).Distinct()];
        string[] parameters = [.. (await columns.TextAsync(rows, "parameters")).Distinct()];
        return (strategies, parameters) switch
        {
            ([], _) => null,
            ([string strategy], [string given]) => new ProposalOrigin(strategy, given),
            _ => throw Mixed(path),
        };
    }

    private static ProposalOrigin? SameOrigin(string path, ProposalOrigin? first, ProposalOrigin? second) =>
        first is null || second is null || first == second ? first ?? second : throw Mixed(path);

    private static SocoDataException Mixed(string path) =>
        new($"{path} mixes boxes of different strategies or parameters; keep each in a file of its own.");

    private static T Read<T>(string path, Func<ParquetReader, ParquetColumns, Task<T>> read) =>
        ParquetColumns.Read(path, "a file or folder of proposals", Form, "delete it and make the proposals again", read);
}
