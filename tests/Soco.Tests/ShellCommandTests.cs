namespace Soco.Tests;

public sealed class ShellCommandTests
{
    [Theory]
    [InlineData("run", "run")]
    [InlineData("views.size=96", "views.size=96")]
    [InlineData("my images", "'my images'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("boxes.size_ratio=[0.1,0.6]", "'boxes.size_ratio=[0.1,0.6]'")]
    [InlineData("", "''")]
    public void A_word_is_quoted_where_a_shell_needs_it(string word, string quoted) => Assert.Equal(quoted, ShellCommand.Quoted(word));
}
