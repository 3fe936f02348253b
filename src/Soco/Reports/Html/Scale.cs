namespace Soco.Reports.Html;

/// <summary>A number on an axis, and what it is called.</summary>
internal readonly record struct Tick(double Value, string Text);

/// <summary>An axis: which numbers it shows, where they stand on it, and where it is marked.</summary>
internal sealed class Scale
{
    private const int MostOfFactors = 6;

    /// <summary>Digits at which an axis of equal factors is marked: the first that leave few marks are taken.</summary>
    private static readonly double[][] s_leading =
    [
        [1, 2, 5],
        [1, 3],
        [1],
    ];

    private Scale(double low, double high, bool isLogarithmic, IReadOnlyList<Tick> ticks) =>
        (Low, High, IsLogarithmic, Ticks) = (low, high, isLogarithmic, ticks);

    /// <summary>The number at its beginning.</summary>
    public double Low { get; }

    /// <summary>The number at its end, which is larger.</summary>
    public double High { get; }

    /// <summary>Whether equal ways are equal factors.</summary>
    public bool IsLogarithmic { get; }

    /// <summary>Its marks, rising.</summary>
    public IReadOnlyList<Tick> Ticks { get; }

    /// <summary>Where a number stands: 0 at the beginning, 1 at the end.</summary>
    public double At(double value) =>
        IsLogarithmic ? (Math.Log(value) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low)) : (value - Low) / (High - Low);

    /// <summary>An axis with even steps of 1, 2 or 5 times a power of ten.</summary>
    /// <param name="low">The smallest number it must show.</param>
    /// <param name="high">The largest.</param>
    /// <param name="most">Marks at most, about.</param>
    /// <param name="rounded">Whether it begins and ends at a mark; if not it begins and ends at the numbers given.</param>
    public static Scale Linear(double low, double high, int most = 5, bool rounded = true)
    {
        if (!(high - low > 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high))))
        {
            double room = low == 0 ? 1 : Math.Abs(low) / 2;
            (low, high) = (low - room, high + room);
        }

        double step = Step((high - low) / most);
        double first = rounded ? Math.Floor(low / step + 1e-9) : Math.Ceiling(low / step - 1e-9);
        double last = rounded ? Math.Ceiling(high / step - 1e-9) : Math.Floor(high / step + 1e-9);
        Tick[] ticks =
        [
            .. Enumerable.Range(0, (int)(last - first) + 1).Select(i => new Tick((first + i) * step, Text((first + i) * step, step))),
        ];
        return new Scale(rounded ? first * step : low, rounded ? last * step : high, false, ticks);
    }

    /// <summary>An axis with equal factors, marked at powers of ten, and where these are few between them.</summary>
    /// <param name="low">The smallest number it must show, above 0.</param>
    /// <param name="high">The largest.</param>
    public static Scale Logarithmic(double low, double high)
    {
        high = Math.Max(high, low * 1.01);
        double[] marks =
            s_leading.Select(leading => Marks(low, high, leading)).FirstOrDefault(marks => marks.Length <= MostOfFactors)
            ?? Marks(low, high, s_leading[^1]);
        int every = (marks.Length + MostOfFactors - 1) / MostOfFactors;
        return new Scale(
            marks[0],
            marks[^1],
            true,
            [.. marks.Where((_, i) => i % every == 0).Select(mark => new Tick(mark, Show.Number(mark, 1)))]
        );
    }

    /// <summary>The digits times powers of ten that reach from one number to another.</summary>
    private static double[] Marks(double low, double high, double[] leading)
    {
        double[] marks =
        [
            .. from power in Enumerable.Range(
                (int)Math.Floor(Math.Log10(low)) - 1,
                (int)Math.Ceiling(Math.Log10(high)) - (int)Math.Floor(Math.Log10(low)) + 3
            )
            from digit in leading
            select digit * Math.Pow(10, power),
        ];
        double first = marks.Last(mark => mark <= low * (1 + 1e-9)),
            last = marks.First(mark => mark >= high * (1 - 1e-9));
        return [.. marks.Where(mark => mark >= first && mark <= last)];
    }

    /// <summary>The smallest of 1, 2 or 5 times a power of ten that is no smaller than a number.</summary>
    private static double Step(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return power * new[] { 1, 2, 5, 10 }.First(digit => digit * power >= least * (1 - 1e-9));
    }

    private static string Text(double value, double step)
    {
        int decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
        return Math.Abs(value) < step / 1e6 ? "0"
            : decimals > 4 ? Show.Number(value, 2)
            : step % 1_000_000 == 0 ? $"{Show.Fixed(value / 1e6, 0)} M"
            : step % 1000 == 0 && Math.Abs(value) >= 10000 ? $"{Show.Fixed(value / 1e3, 0)} k"
            : Show.Fixed(value, decimals);
    }
}
