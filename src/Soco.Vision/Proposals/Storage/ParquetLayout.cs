namespace Soco.Vision.Proposals.Storage;

/// <summary>
/// Where a Parquet file's columns and pages lie, as its footer and page headers say (parquet.thrift). A reader takes these at their word,
/// and where they are damaged it asks for gigabytes or never comes to an end.
/// </summary>
internal static class ParquetLayout
{
    // FileMetaData, RowGroup, ColumnChunk, ColumnMetaData, PageHeader and its three kinds of pages, by their field numbers.
    private const int RowGroups = 4;
    private const int Columns = 1;
    private const int RowCount = 3;
    private const int ColumnMetaData = 3;
    private const int ValueCount = 5;
    private const int CompressedLength = 7;
    private const int DataPageOffset = 9;
    private const int DictionaryPageOffset = 11;
    private const int PageLength = 2;
    private const int CompressedPageLength = 3;
    private const int DataPage = 5;
    private const int DictionaryPage = 7;
    private const int DataPageV2 = 8;
    private const int PageValueCount = 1;

    // Deflate's greatest, with room; every codec that Parquet knows stays below it.
    private const long MostExpansion = 2000;

    /// <summary>Refuses a file whose columns do not lie in it, or whose pages do not hold their columns' values.</summary>
    /// <param name="file">The file.</param>
    /// <param name="footer">Where its footer begins.</param>
    /// <param name="tail">Bytes after the footer.</param>
    /// <returns>Where its columns end.</returns>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static long Check(ReadOnlySpan<byte> file, int footer, int tail)
    {
        ThriftStruct metadata = ThriftStruct.Read(file[footer..^tail], out int length);
        Demand(length == file.Length - footer - tail);
        long end = 0;
        foreach (ThriftStruct group in metadata.Structs(RowGroups))
        {
            Demand(group.Number(RowCount) is >= 0 and <= int.MaxValue);
            foreach (ThriftStruct chunk in group.Structs(Columns))
            {
                end = Math.Max(end, CheckColumn(file[..footer], chunk.FindStruct(ColumnMetaData) ?? throw ThriftStruct.Damaged()));
            }
        }

        return end;
    }

    /// <returns>Where it ends.</returns>
    private static long CheckColumn(ReadOnlySpan<byte> pages, ThriftStruct column)
    {
        long first = column.Number(DataPageOffset);
        if (column.Has(DictionaryPageOffset) && column.Number(DictionaryPageOffset) is > 0 and var dictionary)
        {
            first = Math.Min(first, dictionary);
        }

        long length = column.Number(CompressedLength),
            values = column.Number(ValueCount),
            end = first + length;
        Demand(first >= 0 && length >= 0 && end >= first && end <= pages.Length && values >= 0);
        for (long at = first; at < end; )
        {
            ThriftStruct page = ThriftStruct.Read(pages[(int)at..(int)end], out int header);
            long stored = page.Number(CompressedPageLength),
                whole = page.Number(PageLength);
            Demand(stored >= 0 && stored <= end - at - header && whole >= 0 && whole <= MostExpansion * (stored + 1));
            if (page.FindStruct(DictionaryPage) is null)
            {
                long held = (page.FindStruct(DataPage) ?? page.FindStruct(DataPageV2) ?? throw ThriftStruct.Damaged()).Number(
                    PageValueCount
                );
                Demand(held > 0 && held <= values);
                values -= held;
            }

            at += header + stored;
        }

        Demand(values == 0);
        return end;
    }

    private static void Demand(bool holds)
    {
        if (!holds)
        {
            throw ThriftStruct.Damaged();
        }
    }
}
