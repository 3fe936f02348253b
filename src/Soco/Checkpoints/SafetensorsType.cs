using static TorchSharp.torch;

namespace Soco.Checkpoints;

/// <summary>The element types of a safetensors file: their names there, in libtorch, and their bytes.</summary>
internal static class SafetensorsType
{
    private static readonly (string Name, ScalarType Type, int Bytes)[] Types =
    [
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    public static ScalarType? Parse(string name) =>
        Array.Find(Types, type => type.Name == name) is { Name: not null } found ? found.Type : null;

    public static string NameOf(ScalarType type) => Of(type).Name;

    public static int BytesOf(ScalarType type) => Of(type).Bytes;

    private static (string Name, ScalarType Type, int Bytes) Of(ScalarType type) =>
        Array.Find(Types, known => known.Type == type) is { Name: not null } found
            ? found
            : throw new NotSupportedException($"A safetensors file cannot hold elements of type {type}.");
}
