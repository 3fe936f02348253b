namespace Soco.Vision.Proposals;

/// <summary>What selective search found in one image, before any filter.</summary>
/// <param name="SegmentCount">The number of initial segments; the first so many boxes are theirs.</param>
/// <param name="Boxes">
/// One box for each initial segment (in raster order of their first pixels), then one for each union (in the order they were made), in
/// pixels. Width is the greatest minus the least x of the region, without 1 added, as published; so it can be 0.
/// </param>
public sealed record SelectiveSearchResult(int SegmentCount, IReadOnlyList<BoxXywh> Boxes);
