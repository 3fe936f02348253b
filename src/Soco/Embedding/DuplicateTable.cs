using System.Globalization;
using System.Text;
using Soco.Vision.IO;

namespace Soco.Embedding;

/// <summary>
/// Near-duplicates as a table: <c>group,path,other,similarity,keep_path,keep_other</c>, a line for each pair; groups count from 1, and what
/// is kept is 1.
/// </summary>
internal static class DuplicateTable
{
    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="groups">The groups.</param>
    /// <param name="paths">The names of the images, by rows.</param>
    public static void Write(string path, IReadOnlyList<DuplicateGroup> groups, IReadOnlyList<string> paths)
    {
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
                writer.WriteLine("group,path,other,similarity,keep_path,keep_other");
                foreach ((int number, DuplicateGroup group) in groups.Index())
                {
                    foreach (SimilarPair pair in group.Pairs)
                    {
                        writer.WriteLine(
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{number + 1},{CsvText.Quote(paths[pair.First])},{CsvText.Quote(paths[pair.Second])},{pair.Cosine:0.000000},{Flag(pair.First)},{Flag(pair.Second)}"
                            )
                        );
                    }

                    int Flag(int row) => group.Kept.Contains(row) ? 1 : 0;
                }
            }
        );
    }
}
