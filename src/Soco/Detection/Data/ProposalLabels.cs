using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;

namespace Soco.Detection.Data;

/// <summary>
/// Proposals as if they were labels, all of one class: what region proposal network and box head learn from before there are labels, as in
/// DETReg (arXiv 2106.04550) and AlignDet (arXiv 2307.11077).
/// </summary>
public static class ProposalLabels
{
    /// <summary>The name of the class.</summary>
    public const string ClassName = "object";

    /// <summary>The images of a source that have proposals, and these as their objects.</summary>
    /// <param name="source">The images; the result shares it.</param>
    /// <param name="proposals">Their boxes, under the same names.</param>
    /// <param name="path">What error sentences call the proposals.</param>
    /// <param name="onUnreadable">Told of each image that is left out: it has no proposals, or its size cannot be read.</param>
    /// <exception cref="SocoDataException">No image of the source has proposals.</exception>
    public static LabelledImages Of(ImageSource source, ProposalStore proposals, string path, Action<UnreadableImageException> onUnreadable)
    {
        proposals.CountFound(source);
        var images = new List<CocoImage>();
        var objects = new List<CocoAnnotation>();
        for (int i = 0; i < source.Count; i++)
        {
            string name = source.NameOf(i);
            try
            {
                if (!proposals.TryFind(name, out BoxXywh[] boxes))
                {
                    throw new UnreadableImageException(name, "no proposals");
                }

                (int width, int height) = proposals.SizeOf(name) ?? ImageDecoder.ReadSize(source.ReadBytes(i), name);
                images.Add(new CocoImage(images.Count + 1, name, width, height));
                objects.AddRange(
                    boxes.Select(
                        (box, place) =>
                            new CocoAnnotation(
                                objects.Count + place + 1,
                                images.Count,
                                CategoryId: 1,
                                CocoBox.From(box),
                                (double)box.Width * box.Height
                            )
                    )
                );
            }
            catch (UnreadableImageException unreadable)
            {
                onUnreadable(unreadable);
            }
        }

        return new LabelledImages(source, new CocoDataset(images, [new CocoCategory(1, ClassName, "")], objects), path);
    }
}
