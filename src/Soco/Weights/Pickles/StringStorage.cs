using static TorchSharp.torch;

namespace Soco.Weights.Pickles;

/// <summary>A storage whose bytes stand in a string of a pickle.</summary>
internal sealed class StringStorage : IStorage
{
    private readonly PickleString _string;
    private readonly FileStorage? _plain;

    /// <exception cref="FormatException">The string is too short.</exception>
    public StringStorage(PickleString bytes, ScalarType type, long count)
    {
        // No form is shorter than the bytes it stands for.
        var plain = new FileStorage(bytes.Range, type, count);
        _plain = bytes.Form == StringForm.Raw ? plain : null;
        (_string, DType, Count) = (bytes, type, count);
    }

    public ScalarType DType { get; }

    public long Count { get; }

    public void Read(long first, Tensor target)
    {
        if (_plain is not null)
        {
            _plain.Read(first, target);
            return;
        }

        var decoder = new StringDecoder(_string.Range, _string.Form);
        Span<byte> passed = stackalloc byte[256];
        for (long left = first * ElementTypes.BytesOf(DType); left > 0; left -= Math.Min(left, passed.Length))
        {
            Fill(decoder, passed[..(int)Math.Min(left, passed.Length)]);
        }

        TensorBytes.Walk(target, bytes => Fill(decoder, bytes));
    }

    private static void Fill(StringDecoder decoder, Span<byte> bytes)
    {
        if (decoder.Fill(bytes) < bytes.Length)
        {
            throw new FormatException("its string of bytes is too short");
        }
    }
}
