using System.Buffers;
using System.Runtime.Intrinsics.X86;

namespace Soco.Images.Jpeg;

/// <summary>
/// Decodes the JPEGs that most photographs are, to the same bits as libjpeg's accurate method and in half the time of the build of it that comes
/// with Skia. Whatever is unusual or damaged is left to that: this has no opinion of it.
/// </summary>
internal static unsafe class BaselineJpeg
{
    /// <summary>Larger images would need much memory beside their pixels.</summary>
    private const long MostPixels = 64_000_000;

    /// <summary>The pixels as they are stored; null where this cannot tell them.</summary>
    internal static RgbImage? Decode(ReadOnlySpan<byte> bytes)
    {
        if (!Avx2.IsSupported || JpegFrame.Read(bytes) is not { } frame
            || frame.Width < JpegColours.LeastWidth || (long)frame.Width * frame.Height > MostPixels)
        {
            return null;
        }

        JpegComponent luma = frame.Components[0];
        int columns = (frame.Width - 1) / (8 * luma.Horizontal) + 1, rows = (frame.Height - 1) / (8 * luma.Vertical) + 1;
        byte[] samples = ArrayPool<byte>.Shared.Rent(frame.Components.Sum(component => 64 * columns * component.Horizontal * rows * component.Vertical) + Slack);
        try
        {
            fixed (byte* first = samples)
            {
                Span<JpegPlane> planes = stackalloc JpegPlane[frame.Components.Length];
                byte* next = first;
                for (int i = 0; i < planes.Length; i++)
                {
                    planes[i] = new JpegPlane(next, 8 * columns * frame.Components[i].Horizontal, 8 * rows * frame.Components[i].Vertical);
                    next += planes[i].Stride * planes[i].Height;
                }

                if (!JpegScan.TryDecode(frame, bytes, planes))
                {
                    return null;
                }

                byte[] pixels = PixelPool.Rent(3 * frame.Width * frame.Height);
                JpegColours.Convert(frame, planes, pixels);
                return new RgbImage(frame.Width, frame.Height, pixels);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(samples);
        }
    }

    /// <summary>Rows are read in whole vectors: the last one's end.</summary>
    private const int Slack = 64;
}
