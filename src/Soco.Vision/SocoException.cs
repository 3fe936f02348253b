namespace Soco.Vision;

/// <summary>
/// A failure that a user can mend. Its message is the one sentence that the user reads: it names the file, the value and the mend.
/// </summary>
public abstract class SocoException : Exception
{
    /// <param name="message">One plain sentence.</param>
    /// <param name="innerException">What was caught, if anything; shown only with <c>--verbose</c>.</param>
    protected SocoException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <summary>The exit code of a command that ends this way: 1, the run failed; 2, the request was wrong.</summary>
    public abstract int ExitCode { get; }
}

/// <summary>The request was wrong: an unknown option or recipe key, a value out of range, a path that is not there. Exit code 2.</summary>
public sealed class SocoRequestException : SocoException
{
    /// <inheritdoc cref="SocoException(string, Exception?)"/>
    public SocoRequestException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>A file that was given cannot be used: truncated, of the wrong kind, or at odds with the model. Exit code 2.</summary>
public sealed class SocoDataException : SocoException
{
    /// <inheritdoc cref="SocoException(string, Exception?)"/>
    public SocoDataException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>The run itself failed: no image could be read, the loss is not finite, the disk is full. Exit code 1.</summary>
public sealed class SocoRunException : SocoException
{
    /// <inheritdoc cref="SocoException(string, Exception?)"/>
    public SocoRunException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override int ExitCode => 1;
}
