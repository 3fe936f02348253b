using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Soco.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Checkpoints;

/// <summary>What PyTorch writes, Soco reads, and what Soco writes, PyTorch reads, bit for bit. Needs a Python with torch and torchvision.</summary>
[Collection(Alone.Name)]
public sealed class InteropTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<bool> s_hasTorch = new(() => File.Exists(Python) && Run("-c", "import torch, torchvision").ExitCode == 0);

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public InteropTests() => Assert.SkipUnless(s_hasTorch.Value, $"{Python} has no torch and torchvision; on Debian: apt-get install python3-torch python3-torchvision.");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Every_tensor_of_every_file_that_python_writes_comes_back_bit_for_bit()
    {
        RunScript("write_weights.py", _folder.Root);
        using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(_folder.File("index.json")));

        Assert.All(index.RootElement.EnumerateObject(), written =>
        {
            using DisposeScope scope = NewDisposeScope();
            using WeightsFile file = WeightsFile.Open(_folder.File(written.Name));

            Assert.Equal(written.Value.EnumerateObject().Select(tensor => tensor.Name), file.Stored.Names);
            Assert.All(written.Value.EnumerateObject(), tensor => Assert.Equal(
                string.Join(' ', tensor.Name, tensor.Value[0], tensor.Value[1], tensor.Value[2]),
                string.Join(' ', tensor.Name, NameOf(file.Stored.DType(tensor.Name)), $"[{string.Join(", ", file.Stored.Shape(tensor.Name))}]", Digest(file.Stored.Read(tensor.Name)))));
        });
    }

    private static string NameOf(ScalarType type) => type == ScalarType.Byte ? "uint8" : type.ToString().ToLowerInvariant();

    private static string Digest(Tensor tensor) => Convert.ToHexStringLower(SHA256.HashData(tensor.bytes));

    private static void RunScript(string name, params string[] arguments)
    {
        (int exitCode, string error) = Run([Path.Combine(Scripts(), name), .. arguments]);
        Assert.True(exitCode == 0, error);
    }

    private static string Scripts([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../interop"));

    private static (int ExitCode, string Error) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
