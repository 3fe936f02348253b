using System.Text;
using System.Xml.Linq;
using static Soco.Reports.Html.Markup;

namespace Soco.Tests.Reports.Html;

public sealed class MarkupTests
{
    [Fact]
    public void Names_of_files_and_classes_cannot_become_markup()
    {
        string page = Written(El("p", Attr("title", "a\"b'c<d>&"), "<script>alert('x')</script> & more"));

        Assert.Equal("<p title=\"a&quot;b'c&lt;d&gt;&amp;\">&lt;script&gt;alert('x')&lt;/script&gt; &amp; more</p>", page);
    }

    [Theory]
    [InlineData("a\u0000b\u001Bc", "a\uFFFDb\uFFFDc")]
    [InlineData("\uFFFE", "\uFFFD")]
    [InlineData("whole 🧫 and 日本", "whole 🧫 and 日本")]
    public void Characters_that_no_page_can_hold_are_replaced(string text, string shown)
    {
        string page = Written(El("p", Attr("title", text), text));

        Assert.Equal(shown, XElement.Parse(page).Value);
        Assert.Equal(shown, XElement.Parse(page).Attribute("title")!.Value);
    }

    [Fact]
    public void Half_a_character_is_replaced() => Assert.Equal("<p>half \uFFFD</p>", Written(El("p", "half \uD83D")));

    [Fact]
    public void Only_elements_that_HTML_knows_as_empty_have_no_end_tag() =>
        Assert.Equal(
            "<div><img src=\"x\" /><span></span><br /></div>",
            Written(El("div", El("img", Attr("src", "x")), El("span"), El("br")))
        );

    [Fact]
    public void Style_and_script_are_what_they_are_to_HTML_and_text_to_XML()
    {
        const string script = "if (a < b && c > d) { x = '&'; }";

        string page = Written(Raw("script", script));

        Assert.Equal($"<script>/*<![CDATA[*/\n{script}\n/*]]>*/</script>", page);
        Assert.Contains(script, XElement.Parse(page).Value, StringComparison.Ordinal);
    }

    private static string Written(XElement element)
    {
        using var stream = new MemoryStream();
        Write(element, stream);
        string text = Encoding.UTF8.GetString(stream.ToArray());
        Assert.StartsWith("<!DOCTYPE html>\n", text, StringComparison.Ordinal);
        return text["<!DOCTYPE html>\n".Length..].TrimEnd('\n');
    }
}
