using Soco.Campaigns;

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
        int refused = 0;
        foreach ((int number, Exception? error) in format.ReadMutations(0, Mutations))
        {
            Assert.True(error is null || (FileFormat.IsRefusal(error) && error.Message.Length > 0), $"mutation {number}: {error}");
            refused += error is null ? 0 : 1;
        }

        Assert.InRange(refused, 1, Mutations);
    }
}
