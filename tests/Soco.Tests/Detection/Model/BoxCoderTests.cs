using CsCheck;
using Soco.Detection.Model;

namespace Soco.Tests.Detection.Model;

public class BoxCoderTests
{
    private static readonly Gen<Corners> Boxes =
        from x in Gen.Float[0, 500]
        from y in Gen.Float[0, 500]
        from width in Gen.Float[10, 400]
        from height in Gen.Float[10, 400]
        select new Corners(x, y, x + width, y + height);

    [Fact]
    public void What_is_encoded_decodes_to_itself() =>
        Gen.Select(Boxes, Boxes, Gen.Bool)
            .Sample(
                (reference, box, ofProposals) =>
                {
                    BoxCoder coder = ofProposals ? BoxCoder.Proposals : BoxCoder.Detections;
                    var offsets = new float[4];
                    coder.Encode(reference, box, offsets);
                    Corners decoded = coder.Decode(reference, offsets);

                    Assert.Equal(box.X1, decoded.X1, 0.05);
                    Assert.Equal(box.Y1, decoded.Y1, 0.05);
                    Assert.Equal(box.X2, decoded.X2, 0.05);
                    Assert.Equal(box.Y2, decoded.Y2, 0.05);
                }
            );

    [Fact]
    public void Offsets_are_the_weighted_formula_of_the_paper()
    {
        var offsets = new float[4];
        BoxCoder.Detections.Encode(new Corners(0, 0, 10, 20), new Corners(5, 5, 25, 15), offsets);

        Assert.Equal([10f, 0f, 5 * MathF.Log(2), 5 * MathF.Log(0.5f)], offsets);
    }

    [Fact]
    public void A_side_grows_no_further_than_the_limit()
    {
        Corners box = BoxCoder.Proposals.Decode(new Corners(0, 0, 16, 16), [0, 0, 1000, 1000]);

        Assert.Equal(1000, box.Width, 0.01);
        Assert.Equal(1000, box.Height, 0.01);
    }
}
