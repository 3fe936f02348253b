using System.Globalization;
using Parquet;
using Parquet.Data;
using Parquet.Schema;
using Soco.Vision;
using Soco.Vision.IO;
using Soco.Vision.Proposals.Storage;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Embedding;

/// <summary>
/// A Parquet file of vectors: one row a vector, <c>path</c>, of boxes <c>x, y, w, h</c> (double, pixels of the image), and <c>vector</c>, a
/// list of float32.
/// The footer has <c>soco.weights</c>, <c>soco.architecture</c>, <c>soco.stage</c> and <c>soco.side</c>.
/// </summary>
internal static class ParquetVectors
{
    private const string Path = "path",
        Vector = "vector";
    private const string Form = "a file of vectors has path, for boxes x, y, w and h, and vector (a list of float32)";
    private const int RowsOfGroup = 1024;

    private static readonly string[] s_sides = ["x", "y", "w", "h"];

    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, VectorSet vectors) =>
        AtomicFile.Write(path, stream => WriteAsync(stream, vectors).GetAwaiter().GetResult());

    /// <summary>Reads a file; the caller disposes the vectors.</summary>
    /// <exception cref="SocoDataException">It is not there, damaged, or of another form.</exception>
    public static VectorSet Read(string path)
    {
        if (new FileInfo(path) is { Exists: true } file && file.Length > Array.MaxLength)
        {
            throw new SocoDataException(
                $"{path} has {file.Length} bytes, and files of vectors are read up to {Array.MaxLength}: give --weights, and the vectors are made again."
            );
        }

        return ParquetColumns.Read(
            path,
            "a .parquet file of `soco embed`",
            Form,
            "make it again with `soco embed`",
            (reader, columns) => ReadAsync(path, reader, columns)
        );
    }

    private static async Task WriteAsync(Stream stream, VectorSet vectors)
    {
        DataField<string> pathField = new(Path, nullable: false);
        DataField<double>[] sideFields = vectors.Boxes is null ? [] : [.. s_sides.Select(name => new DataField<double>(name))];
        DataField<float> valueField = new("element");
        var schema = new ParquetSchema([pathField, .. sideFields, new ListField(Vector, valueField)]);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream);
        writer.CustomMetadata = new Dictionary<string, string>
        {
            ["soco.weights"] = vectors.Origin.Weights,
            ["soco.architecture"] = vectors.Origin.Architecture,
            ["soco.stage"] = vectors.Origin.Stage,
            ["soco.side"] = vectors.Origin.Side.ToString(CultureInfo.InvariantCulture),
        };
        for (int start = 0; start < vectors.Count; start += RowsOfGroup)
        {
            int rows = Math.Min(RowsOfGroup, vectors.Count - start);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync(pathField, vectors.Paths.Skip(start).Take(rows).ToArray());
            foreach ((int side, DataField<double> field) in sideFields.Index())
            {
                await group.WriteAsync<double>(field, vectors.Boxes!.Skip(start).Take(rows).Select(box => SidesOf(box)[side]).ToArray());
            }

            using Tensor block = vectors.Values.narrow(0, start, rows);
            float[] values = block.data<float>().ToArray();
            int[] definitions = new int[values.Length],
                repetitions = new int[values.Length];
            Array.Fill(definitions, valueField.MaxDefinitionLevel);
            for (int i = 0; i < values.Length; i++)
            {
                repetitions[i] = i % vectors.Dimensions == 0 ? 0 : 1;
            }

            await group.WriteAllPartsAsync<float>(valueField, values, definitions, repetitions, CancellationToken.None);
            group.CompleteValidate();
        }
    }

    private static double[] SidesOf(BoxXyxy box) => [box.X1, box.Y1, box.Width, box.Height];

    private static async Task<VectorSet> ReadAsync(string path, ParquetReader reader, ParquetColumns columns)
    {
        List<string> paths = [];
        List<BoxXyxy> boxes = [];
        List<float[]> blocks = [];
        bool hasBoxes = columns.Has(s_sides[0]);
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
            string[] names = await columns.TextAsync(rows, Path);
            paths.AddRange(names);
            blocks.Add(await ValuesAsync(path, columns, rows, names.Length));
            if (hasBoxes)
            {
                var sides = new double[s_sides.Length][];
                foreach ((int side, string name) in s_sides.Index())
                {
                    sides[side] = await columns.NumbersAsync<double>(rows, name, "double");
                }

                boxes.AddRange(
                    Enumerable
                        .Range(0, names.Length)
                        .Select(row => new BoxXyxy(
                            sides[0][row],
                            sides[1][row],
                            sides[0][row] + sides[2][row],
                            sides[1][row] + sides[3][row]
                        ))
                );
            }
        }

        return new VectorSet(Join(path, blocks, paths.Count), paths, hasBoxes ? boxes : null, OriginIn(path, reader));
    }

    /// <summary>The values of a row group, vector by vector.</summary>
    private static async Task<float[]> ValuesAsync(string path, ParquetColumns columns, ParquetRowGroupReader rows, int count)
    {
        DataField field = columns.Find<float>(Vector, "float");
        using var column = (RawColumnData<float>)await rows.ReadRawColumnDataBaseAsync(field);
        int dimensions = count == 0 ? 0 : column.Values.Length / count;
        bool regular =
            dimensions > 0 && column.Values.Length == dimensions * count && column.RepetitionLevels.Length == column.Values.Length;
        for (int i = 0; regular && i < column.RepetitionLevels.Length; i++)
        {
            regular = (column.RepetitionLevels[i] == 0) == (i % dimensions == 0) && float.IsFinite(column.Values[i]);
        }

        return regular || count == 0
            ? column.Values.ToArray()
            : throw new SocoDataException(
                $"{path} has vectors of different lengths, or with values that are not finite; make it again with `soco embed`."
            );
    }

    private static Tensor Join(string path, List<float[]> blocks, int count)
    {
        long all = blocks.Sum(block => (long)block.Length);
        if (count == 0 || all % count != 0)
        {
            throw new SocoDataException($"{path} has {count} vectors of {all} numbers in all; make it again with `soco embed`.");
        }

        using DisposeScope scope = NewDisposeScope();
        long dimensions = all / count;
        return blocks.TrueForAll(block => block.Length % dimensions == 0)
            ? cat([.. blocks.Select(block => tensor(block, [block.Length / dimensions, dimensions]))]).MoveToOuterDisposeScope()
            : throw new SocoDataException($"{path} has vectors of different lengths; make it again with `soco embed`.");
    }

    private static VectorOrigin OriginIn(string path, ParquetReader reader)
    {
        return new VectorOrigin(
            Entry("soco.weights"),
            Entry("soco.architecture"),
            Entry("soco.stage"),
            int.TryParse(Entry("soco.side"), NumberStyles.None, CultureInfo.InvariantCulture, out int side)
                ? side
                : throw new SocoDataException(
                    $"{path} says soco.side {Entry("soco.side")} in its footer, which is no whole number; make it again with `soco embed`."
                )
        );

        string Entry(string key) =>
            reader.CustomMetadata.GetValueOrDefault(key)
            ?? throw new SocoDataException($"{path} has no {key} in its footer, so it is no file of `soco embed`; name one.");
    }
}
