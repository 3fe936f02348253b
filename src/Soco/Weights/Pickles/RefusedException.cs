namespace Soco.Weights.Pickles;

/// <summary>A file asks for what Soco does not do for any file. The message is the middle of a sentence, after the file's name.</summary>
internal sealed class RefusedException(string message) : Exception(message);
