using System.Globalization;

namespace Soco.Vision.Proposals;

/// <summary>The parameters of selective search; the defaults are those that the published proposals were made with.</summary>
public sealed record SelectiveSearchOptions
{
    private readonly double _scale = 300;
    private readonly double _sigma = 0.9;
    private readonly int _minimumSize = 100;

    /// <summary>
    /// How readily neighboring segments join, in grey levels (of 255) times pixels; greater gives fewer segments. Above 0.
    /// </summary>
    public double Scale
    {
        get => _scale;
        init =>
            _scale =
                double.IsFinite(value) && value > 0 ? value : throw new SocoRequestException(Sentence("scale", value, "a number above 0"));
    }

    /// <summary>Standard deviation of the Gaussian blur before segmentation, in pixels; 0 (no blur) to 16.</summary>
    public double Sigma
    {
        get => _sigma;
        init =>
            _sigma = value is >= 0 and <= 16 ? value : throw new SocoRequestException(Sentence("sigma", value, "a number from 0 to 16"));
    }

    /// <summary>Segments with fewer pixels than this join a neighbor. At least 1.</summary>
    public int MinimumSize
    {
        get => _minimumSize;
        init =>
            _minimumSize =
                value >= 1 ? value : throw new SocoRequestException(Sentence("minimum size", value, "a whole number of at least 1"));
    }

    /// <summary>The parameters as a proposal file states them, for example <c>scale=300;sigma=0.9;min_size=100</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"scale={Scale};sigma={Sigma};min_size={MinimumSize}");

    private static string Sentence(string name, double value, string range) =>
        string.Create(CultureInfo.InvariantCulture, $"The selective-search {name} is {value}; give {range}.");
}
