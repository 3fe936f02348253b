using Soco.Cli.Terminal;

namespace Soco.Cli.Tests;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("cat", "cat")]
    [InlineData("Bär 熊", "Bär 熊")]
    [InlineData("\u001b[31mred\u001b[0m", @"\x1b[31mred\x1b[0m")]
    [InlineData("a\rb\bc\u009bd", @"a\x0db\x08c\x9bd")]
    [InlineData("exe\u202Egpj", @"exe\x202egpj")]
    public void What_a_terminal_would_obey_is_shown(string text, string plain) => Assert.Equal(plain, PlainText.Of(text));
}
