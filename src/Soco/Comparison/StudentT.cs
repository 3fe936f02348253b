namespace Soco.Comparison;

/// <summary>Student's t distribution for whole degrees of freedom.</summary>
internal static class StudentT
{
    private const int Halvings = 100;

    /// <summary>
    /// The t that a variable stays within, on both sides of 0, with a probability: 12.706 for 0.95 and one degree of freedom.
    /// </summary>
    /// <param name="probability">Above 0, below 1.</param>
    /// <param name="degrees">Degrees of freedom, at least 1.</param>
    public static double TwoSided(double probability, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);

        // The probability rises with the angle, so halving finds it; the angle keeps the long tails of few degrees in reach.
        double low = 0,
            high = Math.PI / 2;
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Within(middle, degrees) < probability ? (middle, high) : (low, middle);
        }

        return Math.Sqrt(degrees) * Math.Tan((low + high) / 2);
    }

    /// <summary>P(|T| &lt;= sqrt(degrees) tan(angle)): the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4.</summary>
    private static double Within(double angle, int degrees)
    {
        (double sine, double cosine) = Math.SinCos(angle);
        bool odd = degrees % 2 == 1;
        double term = odd ? cosine : 1,
            sum = 0;
        for (int power = odd ? 1 : 0; power <= degrees - 2; power += 2)
        {
            sum += term;
            term *= cosine * cosine * (power + 1) / (power + 2);
        }

        return odd ? 2 / Math.PI * (angle + sine * sum) : sine * sum;
    }
}
