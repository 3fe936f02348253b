using System.Security.Cryptography;
using System.Text.Json;
using Soco.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

/// <summary>Files of weights that Python wrote, and what <c>tests/interop/write_weights.py</c> says is in them.</summary>
internal static class PythonFiles
{
    /// <summary>Small ones, in the repository.</summary>
    public static string Seeds { get; } = Path.Combine(AppContext.BaseDirectory, "Seeds");

    /// <summary>Every tensor of every file in a folder is the one that its index.json tells.</summary>
    public static void AssertAll(string folder)
    {
        using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "index.json")));
        Assert.All(
            index.RootElement.EnumerateObject(),
            written =>
            {
                using DisposeScope scope = NewDisposeScope();
                using WeightsFile file = WeightsFile.Open(Path.Combine(folder, written.Name));
                Assert.Equal(written.Value.EnumerateObject().Select(tensor => tensor.Name), file.Stored.Names);
                Assert.All(written.Value.EnumerateObject(), tensor => AssertSame(tensor.Value, file.Stored, tensor.Name));
            }
        );
    }

    /// <summary>Type, shape and digest of the bytes agree.</summary>
    public static void AssertSame(JsonElement python, INamedTensors soco, string name) =>
        Assert.Equal(
            string.Join(' ', name, python[0], python[1], python[2]),
            string.Join(' ', name, NameOf(soco.DType(name)), $"[{string.Join(", ", soco.Shape(name))}]", Digest(soco.Read(name)))
        );

    private static string NameOf(ScalarType type) => type == ScalarType.Byte ? "uint8" : type.ToString().ToLowerInvariant();

    private static string Digest(Tensor tensor) => Convert.ToHexStringLower(SHA256.HashData(tensor.bytes));
}
