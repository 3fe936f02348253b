using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>The memory of a contiguous CPU tensor as spans: a span is at most 2 GiB long, a tensor need not be.</summary>
internal static class TensorBytes
{
    private const long PieceBytes = 1L << 28;

    public delegate void Visit(Span<byte> bytes);

    /// <summary>Visits the tensor's memory in order.</summary>
    public static void Walk(Tensor tensor, Visit visit)
    {
        using Tensor flat = tensor.view(-1);
        long perPiece = PieceBytes / tensor.element_size();
        for (long start = 0; start < flat.numel(); start += perPiece)
        {
            using Tensor piece = flat.narrow(0, start, Math.Min(perPiece, flat.numel() - start));
            visit(piece.bytes);
        }
    }
}
