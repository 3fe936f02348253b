using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Soco.Reports.Html;

/// <summary>
/// Elements of a page, and how they are written: as HTML that is XML too. Text and attributes are escaped by the writer, so no name of a
/// file or a class can become markup.
/// </summary>
internal static class Markup
{
    /// <summary>Elements that HTML knows without an end tag; all others need one, even when they are empty.</summary>
    private static readonly HashSet<string> s_void = ["br", "hr", "img", "input", "link", "meta"];

    /// <summary>An element.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Attributes, elements, text, or lists of them; null is nothing.</param>
    public static XElement El(string name, params object?[] content) => new(name, content);

    /// <summary>An attribute.</summary>
    public static XAttribute Attr(string name, string value) => new(name, value);

    /// <summary>The class attribute.</summary>
    public static XAttribute Class(string names) => new("class", names);

    /// <summary>A style sheet or a script: HTML takes it as it stands and XML as character data, each behind the other's comment.</summary>
    /// <param name="name">style or script.</param>
    /// <param name="text">What is in it.</param>
    public static XElement Raw(string name, string text) => new(name, "/*", new XCData($"*/\n{text}\n/*"), "*/");

    /// <summary>Writes a page.</summary>
    /// <param name="page">The html element.</param>
    /// <param name="output">Where to, UTF-8; it stays open.</param>
    public static void Write(XElement page, Stream output)
    {
        using var text = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        text.WriteLine("<!DOCTYPE html>");
        using (
            var xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.None })
        )
        {
            Write(page, xml);
        }

        text.WriteLine();
    }

    private static void Write(XElement element, XmlWriter xml)
    {
        xml.WriteStartElement(element.Name.LocalName);
        foreach (XAttribute attribute in element.Attributes())
        {
            xml.WriteAttributeString(attribute.Name.LocalName, Clean(attribute.Value));
        }

        foreach (XNode node in element.Nodes())
        {
            switch (node)
            {
                case XElement child:
                    Write(child, xml);
                    break;
                case XCData raw:
                    xml.WriteCData(raw.Value);
                    break;
                case XText text:
                    xml.WriteString(Clean(text.Value));
                    break;
            }
        }

        if (s_void.Contains(element.Name.LocalName))
        {
            xml.WriteEndElement();
        }
        else
        {
            xml.WriteFullEndElement();
        }
    }

    /// <summary>
    /// Characters that no page can hold, such as the control characters of a strange file name, become the replacement character.
    /// </summary>
    private static string Clean(string text)
    {
        if (text.EnumerateRunes().All(IsAllowed))
        {
            return text;
        }

        var clean = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            clean.Append((IsAllowed(rune) ? rune : Rune.ReplacementChar).ToString());
        }

        return clean.ToString();
    }

    // A lone surrogate is enumerated as the replacement character, which would leave it in the text.
    private static bool IsAllowed(Rune rune) =>
        rune != Rune.ReplacementChar && (rune.Value > char.MaxValue || XmlConvert.IsXmlChar((char)rune.Value));
}
