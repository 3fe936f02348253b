namespace Soco.Cli.Tests;

/// <summary>With <c>SOCO_WRITE_DOCS=1</c> these tests write the pages that they otherwise compare.</summary>
public sealed class CommandPagesTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "docs", "commands");
    private static readonly bool s_writes = Environment.GetEnvironmentVariable("SOCO_WRITE_DOCS") == "1";

    [Fact]
    public void The_pages_of_the_commands_are_what_the_commands_say()
    {
        IReadOnlyDictionary<string, string> pages = CommandPages.All();
        if (s_writes)
        {
            Directory.CreateDirectory(s_folder);
            Array.ForEach(Directory.GetFiles(s_folder), File.Delete);
            foreach ((string name, string text) in pages)
            {
                File.WriteAllText(Path.Combine(s_folder, name), text);
            }
        }

        Assert.Equal(pages.Keys.Order(), Directory.GetFiles(s_folder).Select(Path.GetFileName).Order());
        Assert.All(
            pages,
            page =>
                Assert.True(
                    File.ReadAllText(Path.Combine(s_folder, page.Key)) == page.Value,
                    $"docs/commands/{page.Key} is not what the command says; write the pages anew with SOCO_WRITE_DOCS=1 dotnet test tests/Soco.Cli.Tests -c Release --filter CommandPages"
                )
        );
    }

    [Fact]
    public void Every_option_is_described_on_the_page_of_its_command()
    {
        string page = CommandPages.All()["proposals.md"];

        Assert.StartsWith("# soco proposals\n", page, StringComparison.Ordinal);
        Assert.Contains("soco proposals IMAGES... --out DIR|FILE.json [options]", page, StringComparison.Ordinal);
        Assert.Contains(
            "| `--strategy random\\|soco` | soco (selective search) or random (the ablation's boxes). | `soco` |",
            page,
            StringComparison.Ordinal
        );
        Assert.Contains("| `--keep-all` |", page, StringComparison.Ordinal);
    }
}
