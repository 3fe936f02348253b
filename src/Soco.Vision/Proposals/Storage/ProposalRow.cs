namespace Soco.Vision.Proposals.Storage;

/// <summary>What a proposal file says of one image.</summary>
/// <param name="Path">Name of the image in its source.</param>
/// <param name="Width">Of the image, pixels; 0 where the file does not say.</param>
/// <param name="Height">Of the image, pixels; 0 where the file does not say.</param>
/// <param name="Boxes">Its boxes, pixels.</param>
internal readonly record struct ProposalRow(string Path, int Width, int Height, IReadOnlyList<BoxXywh> Boxes);

/// <summary>How the boxes of a file were made.</summary>
/// <param name="Strategy">Name of the strategy.</param>
/// <param name="Parameters">Its parameters.</param>
internal sealed record ProposalOrigin(string Strategy, string Parameters)
{
    public override string ToString() => $"{Strategy} ({Parameters})";
}
