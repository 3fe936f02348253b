using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>The lists of a COCO annotation file as they stand there.</summary>
internal sealed class CocoEntries
{
    public List<Image> Images { get; } = [];

    public List<Category> Categories { get; } = [];

    public List<Annotation> Annotations { get; } = [];

    public struct Image()
    {
        public JsonId? Id;
        public string? TextId;
        public string? FileName;
        public int Width;
        public int Height;
        public JsonId[] Negative = [];
        public JsonId[] NotExhaustive = [];
    }

    public struct Category
    {
        public JsonId? Id;
        public string? TextId;
        public string? Name;
        public string? Group;
        public string? Frequency;
    }

    public struct Annotation
    {
        public JsonId? Id;
        public JsonId? ImageId;
        public JsonId? CategoryId;
        public CocoBox? Box;
        public double? Area;
        public bool IsCrowd;
        public bool IsDifficult;
        public MaskEntry Mask;
    }
}
