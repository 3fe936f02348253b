using Soco.Campaigns;
using Soco.Images;

namespace Soco.Tests;

/// <summary>The short form of the campaign in docs/reliability.md.</summary>
public sealed class DamagedFilesTests
{
    private const int Mutations = 60;

    public static TheoryData<string> Formats => [.. FileFormat.All.Select(format => format.Name)];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_damaged_file_is_read_or_refused_with_a_sentence(string name)
    {
        FileFormat format = FileFormat.All.Single(item => item.Name == name);
        using var folder = new ScratchFolder();
        string path = Path.Combine(folder.Path, format.File);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        IReadOnlyList<byte[]> originals = format.Originals();
        Assert.All(originals, original =>
        {
            File.WriteAllBytes(path, original);
            format.Read(path);
        });
        int refused = 0;
        for (int seed = 0; seed < Mutations; seed++)
        {
            File.WriteAllBytes(path, Mutation.Of(originals[seed % originals.Count], seed));
            try
            {
                format.Read(path);
            }
            catch (Exception error) when (error is SocoException or UnreadableImageException)
            {
                Assert.NotEmpty(error.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 1, Mutations);
    }
}
