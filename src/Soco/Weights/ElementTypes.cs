using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>The element types of weights: their names in each kind of file, and their bytes.</summary>
internal static class ElementTypes
{
    private static readonly ElementType[] s_types =
    [
        new(ScalarType.Float64, 8, "F64", "DoubleStorage", "f8"),
        new(ScalarType.Float32, 4, "F32", "FloatStorage", "f4"),
        new(ScalarType.Float16, 2, "F16", "HalfStorage", "f2"),
        new(ScalarType.BFloat16, 2, "BF16", "BFloat16Storage", null),
        new(ScalarType.Int64, 8, "I64", "LongStorage", "i8"),
        new(ScalarType.Int32, 4, "I32", "IntStorage", "i4"),
        new(ScalarType.Int16, 2, "I16", "ShortStorage", "i2"),
        new(ScalarType.Int8, 1, "I8", "CharStorage", "i1"),
        new(ScalarType.Byte, 1, "U8", "ByteStorage", "u1"),
        new(ScalarType.Bool, 1, "BOOL", "BoolStorage", "b1"),
    ];

    /// <summary>The type of a name in a safetensors header, or null.</summary>
    public static ScalarType? OfSafetensors(string name) => Find(type => type.Safetensors == name);

    /// <summary>The type of the elements of torch's storage class, or null.</summary>
    public static ScalarType? OfTorchStorage(string name) => Find(type => type.TorchStorage == name);

    /// <summary>The type of numpy's name, such as <c>f4</c>, or null.</summary>
    public static ScalarType? OfNumpy(string name) => Find(type => type.Numpy == name);

    /// <summary>What a file of weights calls the type.</summary>
    /// <exception cref="NotSupportedException">No file of weights can hold it.</exception>
    public static ElementType Of(ScalarType type) =>
        Array.Find(s_types, known => known.Type == type)
        ?? throw new NotSupportedException($"A file of weights cannot hold elements of type {type}.");

    /// <summary>Bytes of an element.</summary>
    public static int BytesOf(ScalarType type) => Of(type).Bytes;

    private static ScalarType? Find(Predicate<ElementType> match) => Array.Find(s_types, match)?.Type;
}

/// <summary>An element type in the kinds of files; numpy has no bfloat16.</summary>
internal sealed record ElementType(ScalarType Type, int Bytes, string Safetensors, string TorchStorage, string? Numpy);
