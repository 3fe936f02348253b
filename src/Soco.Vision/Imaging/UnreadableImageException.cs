namespace Soco.Vision.Imaging;

/// <summary>
/// An image that cannot be used (truncated, empty, not an image, too large). Whoever walks a source skips it, counts it and lists it.
/// </summary>
public sealed class UnreadableImageException : Exception
{
    /// <param name="name">Name of the image in its source.</param>
    /// <param name="reason">Why, in a few plain words.</param>
    /// <param name="innerException">What was caught, if anything.</param>
    public UnreadableImageException(string name, string reason, Exception? innerException = null)
        : base($"{name}: {reason}", innerException)
    {
        Name = name;
        Reason = reason;
    }

    /// <summary>Name of the image in its source.</summary>
    public string Name { get; }

    /// <summary>Why, in a few plain words.</summary>
    public string Reason { get; }
}
