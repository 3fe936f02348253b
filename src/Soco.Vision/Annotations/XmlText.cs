using System.Text;
using System.Xml;

namespace Soco.Vision.Annotations;

/// <summary>Names in XML 1.0, which has no control characters (section 2.2).</summary>
internal static class XmlText
{
    private const char Replacement = '\uFFFD';

    /// <summary>A name with U+FFFD for each character that XML cannot hold.</summary>
    /// <param name="name">A name of an image or a class.</param>
    /// <param name="losses">Receives that it is changed.</param>
    public static string Of(string name, LabelLosses losses)
    {
        var text = new StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            if (i + 1 < name.Length && XmlConvert.IsXmlSurrogatePair(name[i + 1], name[i]))
            {
                text.Append(name, i++, 2);
            }
            else
            {
                text.Append(XmlConvert.IsXmlChar(name[i]) ? name[i] : Replacement);
            }
        }

        string held = text.ToString();
        losses.Names += held == name ? 0 : 1;
        return held;
    }
}
