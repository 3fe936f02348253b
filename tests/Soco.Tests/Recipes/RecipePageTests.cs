using Soco.Recipes;

namespace Soco.Tests.Recipes;

/// <summary>With <c>SOCO_WRITE_DOCS=1</c> these tests write the pages that they otherwise compare.</summary>
public sealed class RecipePageTests
{
    [Theory]
    [InlineData("pretrain")]
    [InlineData("finetune")]
    public void The_page_of_a_recipe_has_every_key_as_its_record_documents_it(string command)
    {
        string path = Path.Combine(Repository.Root, "docs", "recipes", $"{command}.md");
        string page = RecipePages.Of(RecipeKind.All.Single(kind => kind.Command == command));
        if (Environment.GetEnvironmentVariable("SOCO_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, page);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == page,
            $"docs/recipes/{command}.md is not what the records say; write it anew with SOCO_WRITE_DOCS=1 dotnet test tests/Soco.Tests -c Release --filter RecipePage"
        );
    }
}
