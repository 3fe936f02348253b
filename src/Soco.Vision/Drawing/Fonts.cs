using SkiaSharp;

namespace Soco.Vision.Drawing;

/// <summary>
/// The font that pictures and plots are lettered with: Noto Sans Regular (SIL Open Font License 1.1, NotoSans-OFL.txt). It travels inside
/// this assembly, because a bare machine has no fonts.
/// </summary>
internal static class Fonts
{
    private const string Resource = "Soco.Vision.Drawing.Fonts.NotoSans-Regular.ttf";
    private static readonly Lazy<SKTypeface> s_regular = new(LoadRegular);

    /// <summary>Noto Sans Regular, loaded once and shared: do not dispose of it.</summary>
    public static SKTypeface Regular => s_regular.Value;

    /// <summary>The bytes of the TrueType file, for libraries that load fonts themselves. The caller disposes of the stream.</summary>
    public static Stream OpenRegular() =>
        typeof(Fonts).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not embedded.");

    private static SKTypeface LoadRegular()
    {
        using Stream stream = OpenRegular();
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data);
    }
}
