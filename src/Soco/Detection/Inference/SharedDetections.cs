using System.Text;
using Soco.Distributed;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;

namespace Soco.Detection.Inference;

/// <summary>Detections of processes that each looked at a part of the images.</summary>
internal static class SharedDetections
{
    /// <summary>The detections of all processes, in the order of their ranks, to the bit.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="own">Those of this one.</param>
    public static IReadOnlyList<CocoDetection> Gather(ICollective processes, IReadOnlyList<CocoDetection> own) =>
        processes.IsShared() ? [.. processes.AllGather(Pack(own)).SelectMany(Unpack)] : own;

    private static byte[] Pack(IReadOnlyList<CocoDetection> detections)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(detections.Count);
            foreach (CocoDetection found in detections)
            {
                writer.Write(found.ImageId);
                writer.Write(found.CategoryId);
                writer.Write(found.Box.X);
                writer.Write(found.Box.Y);
                writer.Write(found.Box.Width);
                writer.Write(found.Box.Height);
                writer.Write(found.Score);
                writer.Write(found.FileName is not null);
                writer.Write(found.FileName ?? "");
                writer.Write(found.Mask?.Width ?? 0);
                writer.Write(found.Mask?.Height ?? 0);
                writer.Write(found.Mask?.Counts.Length ?? 0);
                foreach (int count in found.Mask is { } mask ? mask.Counts : [])
                {
                    writer.Write7BitEncodedInt(count);
                }
            }
        }

        return memory.ToArray();
    }

    private static IEnumerable<CocoDetection> Unpack(byte[] packed)
    {
        using var reader = new BinaryReader(new MemoryStream(packed), Encoding.UTF8);
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            long image = reader.ReadInt64();
            int category = reader.ReadInt32();
            var box = new CocoBox(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            double score = reader.ReadDouble();
            bool isNamed = reader.ReadBoolean();
            string name = reader.ReadString();
            int width = reader.ReadInt32(),
                height = reader.ReadInt32();
            int[] counts = new int[reader.ReadInt32()];
            for (int i = 0; i < counts.Length; i++)
            {
                counts[i] = reader.Read7BitEncodedInt();
            }

            yield return new CocoDetection(image, category, box, score, width > 0 ? RunLengthMask.FromCounts(counts, width, height) : null)
            {
                FileName = isNamed ? name : null,
            };
        }
    }
}
