namespace Soco.Vision;

/// <summary>
/// A failure that a user can fix. Its message is the one sentence that the user reads: it names the file, the value and the fix.
/// </summary>
public abstract class SocoException : Exception
{
    /// <param name="message">One plain sentence.</param>
    /// <param name="innerException">What was caught, if anything; shown only with <c>--verbose</c>.</param>
    protected SocoException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}

/// <summary>The request was wrong: an unknown option or recipe key, a value out of range, a path that is not there.</summary>
public sealed class SocoRequestException : SocoException
{
    /// <inheritdoc cref="SocoException(string, Exception?)"/>
    public SocoRequestException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}

/// <summary>A file that was given cannot be used: truncated, of the wrong kind, or at odds with the model.</summary>
public sealed class SocoDataException : SocoException
{
    /// <inheritdoc cref="SocoException(string, Exception?)"/>
    public SocoDataException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}

/// <summary>The run itself failed: no image could be read, the loss is not finite, the disk is full.</summary>
public sealed class SocoRunException : SocoException
{
    /// <inheritdoc cref="SocoException(string, Exception?)"/>
    public SocoRunException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}
