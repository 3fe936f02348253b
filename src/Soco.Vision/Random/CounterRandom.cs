namespace Soco.Vision.Random;

/// <summary>
/// A counter-based generator: draw <c>i</c> of a key is a pure function of (key, i), so the same key gives the same draws whatever
/// the thread, the rank or the restart. Keys are (seed, epoch, image index, purpose).
/// The function is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over the mixed key.
/// </summary>
public struct CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15UL;
    private readonly ulong _key;
    private ulong _counter;

    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Epoch, from 0; 0 where there are no epochs.</param>
    /// <param name="index">Index of the image in its source, or another item number.</param>
    /// <param name="purpose">What the draws are for; different purposes give independent streams.</param>
    public CounterRandom(ulong seed, ulong epoch, ulong index, ulong purpose)
    {
        ulong key = Mix(seed + Golden);
        key = Mix(key ^ epoch) + Golden;
        key = Mix(key ^ index) + Golden;
        _key = Mix(key ^ purpose);
        _counter = 0;
    }

    /// <summary>The SplitMix64 finaliser: a bijection of 64-bit words.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform 64 bits.</summary>
    public ulong NextUInt64() => Mix(_key + ++_counter * Golden);

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double Uniform(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform integer in [0, <paramref name="exclusiveMax"/>); the maximum must be positive.</summary>
    public int NextInt(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        return (int)(((UInt128)NextUInt64() * (ulong)exclusiveMax) >> 64);
    }

    /// <summary>Standard normal draw (Box and Muller).</summary>
    public double NextGaussian()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>True with probability <paramref name="probability"/>; always takes one draw.</summary>
    public bool Bernoulli(double probability) => NextDouble() < probability;

    /// <summary>Shuffles in place (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
