using System.Globalization;
using System.Xml.Linq;
using Soco.Vision.Imaging;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports.Html;

/// <summary>A picture for a page.</summary>
/// <param name="Path">The file.</param>
/// <param name="Description">What a reader who cannot see it is told.</param>
/// <param name="Caption">What stands below it; empty for nothing.</param>
internal sealed record PagePicture(string Path, string Description, string Caption = "");

/// <summary>
/// Puts pictures into a page as photographs, all of them within a number of bytes: the more there are the smaller they become. Pictures
/// that cannot be read are left out.
/// </summary>
internal static class EmbeddedPictures
{
    private const int LargestSide = 1280;
    private const int LeastSide = 320;
    private const int Quality = 84;

    /// <summary>
    /// The pictures as figures; those that cannot be read, and those that find no room even as small as they may become, have none.
    /// </summary>
    /// <param name="pictures">The files. They are read one at a time, so that a page of many pictures takes little memory.</param>
    /// <param name="mostBytes">Bytes for all of them together, as text in the page.</param>
    public static Dictionary<PagePicture, XElement> Load(IReadOnlyList<PagePicture> pictures, long mostBytes)
    {
        for (int side = LargestSide; ; )
        {
            var shown = new Dictionary<PagePicture, XElement>();
            long bytes = 0;
            int seen = 0,
                longest = LeastSide;
            for (; seen < pictures.Count && bytes <= mostBytes; seen++)
            {
                if (Read(pictures[seen].Path) is { } image)
                {
                    RgbImage fitted = Fit(image, side);
                    string data = Convert.ToBase64String(ImageWriter.EncodeJpeg(fitted, Quality));
                    bytes += data.Length;
                    longest = Math.Max(longest, Math.Max(fitted.Width, fitted.Height));
                    if (bytes <= mostBytes)
                    {
                        shown[pictures[seen]] = Figure(pictures[seen], fitted, data);
                    }
                }
            }

            if (bytes <= mostBytes || side == LeastSide)
            {
                return shown;
            }

            // Bytes grow a little slower than the area, so a tenth less than what the area asks for.
            double area = (double)mostBytes * seen / ((double)bytes * pictures.Count);
            side = Math.Max(LeastSide, (int)(0.9 * longest * Math.Sqrt(area)));
        }
    }

    private static XElement Figure(PagePicture picture, RgbImage image, string data) =>
        El(
            "figure",
            Class("picture"),
            El(
                "img",
                Attr("src", $"data:image/jpeg;base64,{data}"),
                Attr("alt", picture.Description),
                Attr("width", image.Width.ToString(CultureInfo.InvariantCulture)),
                Attr("height", image.Height.ToString(CultureInfo.InvariantCulture))
            ),
            picture.Caption.Length > 0 ? El("figcaption", picture.Caption) : null
        );

    private static RgbImage? Read(string path)
    {
        try
        {
            return ImageDecoder.Decode(File.ReadAllBytes(path), path);
        }
        catch (Exception error) when (error is UnreadableImageException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static RgbImage Fit(RgbImage image, int side)
    {
        double scale = (double)side / Math.Max(image.Width, image.Height);
        return scale >= 1
            ? image
            : Resampling.ResizeBilinear(
                image,
                Math.Max(1, (int)Math.Round(scale * image.Width)),
                Math.Max(1, (int)Math.Round(scale * image.Height))
            );
    }
}
