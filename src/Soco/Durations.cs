namespace Soco;

/// <summary>Durations as people say them.</summary>
public static class Durations
{
    /// <summary>Two units at most: 45 s, 3 min 20 s, 5 h 10 min, 2 d 4 h; one that is negative is 0 s.</summary>
    public static string Format(TimeSpan time) =>
        time switch
        {
            { TotalMinutes: < 1 } => $"{Math.Max(time.TotalSeconds, 0):0} s",
            { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
            { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes} min",
            _ => $"{(int)time.TotalDays} d {time.Hours} h",
        };
}
