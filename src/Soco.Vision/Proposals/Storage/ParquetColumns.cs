using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Soco.Vision.Proposals.Storage;

/// <summary>Reads columns of a Parquet file that may be damaged, or of another form.</summary>
/// <param name="path">The file, for sentences.</param>
/// <param name="form">The columns of such a file, in words.</param>
/// <param name="reader">The open file.</param>
internal sealed class ParquetColumns(string path, string form, ParquetReader reader)
{
    /// <summary>Reads a whole file into memory, checks where its parts lie, and hands it out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, such as "a file or folder of proposals".</param>
    /// <param name="form">The columns of such a file, in words.</param>
    /// <param name="remedy">What to do about a damaged one.</param>
    /// <param name="read">Takes the reader and its columns.</param>
    /// <exception cref="SocoDataException">It is not there, no complete Parquet file, or of another form.</exception>
    public static T Read<T>(string path, string what, string form, string remedy, Func<ParquetReader, ParquetColumns, Task<T>> read)
    {
        try
        {
            return ReadAsync().GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SocoDataException($"{path} does not exist; name {what}.", exception);
        }
        catch (Exception exception) when (exception is not (SocoException or OutOfMemoryException))
        {
            throw new SocoDataException(
                $"{path} is damaged or not a Parquet file ({exception.Message.TrimEnd('.')}); {remedy}.",
                exception
            );
        }

        async Task<T> ReadAsync()
        {
            byte[] file = await File.ReadAllBytesAsync(path);
            ParquetSeal.Check(file);
            await using ParquetReader reader = await ParquetReader.CreateAsync(new MemoryStream(file, writable: false));
            return await read(reader, new ParquetColumns(path, form, reader));
        }
    }

    /// <summary>A column of texts.</summary>
    /// <exception cref="SocoDataException">There is none, or a row is without.</exception>
    public async Task<string[]> TextAsync(ParquetRowGroupReader rows, string name)
    {
        var text = new string?[rows.RowCount];
        await rows.ReadAsync(Find<ReadOnlyMemory<char>>(name, "string"), text.AsMemory());
        return Array.ConvertAll(text, value => value ?? throw Without(name));
    }

    /// <summary>A column of numbers.</summary>
    /// <param name="rows">Where it is read.</param>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type as Parquet calls it.</param>
    /// <exception cref="SocoDataException">There is none, or a row is without.</exception>
    public async Task<T[]> NumbersAsync<T>(ParquetRowGroupReader rows, string name, string type)
        where T : struct
    {
        using var column = (RawColumnData<T>)await rows.ReadRawColumnDataBaseAsync(Find<T>(name, type));
        return column.Values.Length == rows.RowCount ? column.Values.ToArray() : throw Without(name);
    }

    /// <summary>Whether there is a column of a name.</summary>
    public bool Has(string name) => reader.Schema.DataFields.Any(field => field.Path.FirstPart == name);

    /// <summary>The field of a column.</summary>
    /// <exception cref="SocoDataException">There is none of this type.</exception>
    public DataField Find<T>(string name, string type) =>
        Array.Find(reader.Schema.DataFields, field => field.Path.FirstPart == name && field.ClrType == typeof(T))
        ?? throw new SocoDataException($"{path} has no column {name} of type {type}; {form}.");

    private SocoDataException Without(string name) => new($"{path} has a row without {name}; make the file again.");
}
