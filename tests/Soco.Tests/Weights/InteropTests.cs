using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.Embedding;
using Soco.TestSupport;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Weights;
using Soco.Weights.Export;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

/// <summary>
/// What PyTorch writes, Soco reads, and what Soco writes, PyTorch reads, bit for bit. Needs a Python with torch and torchvision.
/// </summary>
[Collection(Alone.Name)]
public sealed class InteropTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<bool> s_hasTorch = new(() => File.Exists(Python) && Run("-c", "import torch, torchvision").ExitCode == 0);

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public InteropTests() =>
        Assert.SkipUnless(
            s_hasTorch.Value,
            $"{Python} has no torch and torchvision; on Debian: apt-get install python3-torch python3-torchvision."
        );

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Every_tensor_of_every_file_that_python_writes_comes_back_bit_for_bit()
    {
        RunScript("write_weights.py", _folder.Root);
        PythonFiles.AssertAll(_folder.Root);
    }

    [Fact]
    public void Every_tensor_of_every_file_that_soco_writes_is_read_by_python_bit_for_bit()
    {
        string source = _folder.File("types.safetensors");
        ScalarType[] types =
        [
            ScalarType.Float64,
            ScalarType.Float32,
            ScalarType.Float16,
            ScalarType.BFloat16,
            ScalarType.Int64,
            ScalarType.Int32,
            ScalarType.Int16,
            ScalarType.Int8,
            ScalarType.Byte,
            ScalarType.Bool,
        ];
        SafetensorsWriter.Write(
            source,
            [
                .. types.Select((type, i) => ($"encoder.layer1.{i}.conv1.weight", (rand(3, 5, 2) * 100).to(type))),
                ("encoder.conv1.weight", zeros(0, 4)),
                ("encoder.bn1.num_batches_tracked", tensor(7L)),
                ("neck.lateral_convs.0.conv.weight", rand(2)),
                ("head.fc1.bias", rand(2)),
                ("projector.linear1.bias", rand(2)),
            ]
        );
        using WeightsFile weights = WeightsFile.Open(source);
        Dictionary<string, IReadOnlyList<string>> written = [];
        foreach (
            (ExportFormat format, ExportPart part, string file) in new[]
            {
                (ExportFormat.Soco, ExportPart.All, "soco.pth"),
                (ExportFormat.Detectron2, ExportPart.All, "detectron2.pkl"),
                (ExportFormat.Mmdetection, ExportPart.All, "mmdetection.pth"),
                (ExportFormat.Torchvision, ExportPart.Head, "torchvision.pth"),
                (ExportFormat.Torchvision, ExportPart.Backbone, "resnet.pth"),
            }
        )
        {
            written[file] = WeightsExport.Write(weights, format, part, _folder.File(file));
        }

        RunScript("read_weights.py", _folder.Root);

        using JsonDocument read = JsonDocument.Parse(File.ReadAllBytes(_folder.File("read.json")));
        Assert.All(
            written,
            file =>
            {
                using DisposeScope scope = NewDisposeScope();
                using WeightsFile again = WeightsFile.Open(_folder.File(file.Key));
                JsonElement tensors = read.RootElement.GetProperty(file.Key).GetProperty("tensors");
                Assert.Equal(file.Value, tensors.EnumerateObject().Select(tensor => tensor.Name));
                Assert.All(again.Names, name => AssertSame(weights, name, again, name));
                Assert.All(file.Value, name => PythonFiles.AssertSame(tensors.GetProperty(name), again.Stored, name));
            }
        );
        Assert.Equal(
            """{"__author__": "Soco", "matching_heuristics": true}""",
            read.RootElement.GetProperty("detectron2.pkl").GetProperty("beside").GetRawText()
        );
        Assert.Equal("""{"meta": {}}""", read.RootElement.GetProperty("mmdetection.pth").GetProperty("beside").GetRawText());
    }

    [Fact]
    public void Vectors_that_soco_writes_are_read_by_numpy_bit_for_bit()
    {
        using var vectors = new VectorSet(
            rand(1030, 7),
            [.. Enumerable.Range(0, 1030).Select(i => $"{i}.jpg")],
            null,
            new VectorOrigin("run", "resnet18", "C5", 64)
        );
        VectorFile.Write(_folder.File("vectors.npy"), vectors);

        RunScript("read_vectors.py", _folder.File("vectors.npy"), _folder.File("read.json"));

        using JsonDocument read = JsonDocument.Parse(File.ReadAllBytes(_folder.File("read.json")));
        Assert.Equal("1029.jpg", read.RootElement.GetProperty("last").GetString());
        JsonElement array = read.RootElement.GetProperty("vectors");
        Assert.Equal("float32 [1030, 7]", $"{array[0]} {array[1]}");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(vectors.Values.bytes)), array[2].GetString());
    }

    [Fact]
    public void A_detector_with_the_names_of_torchvisions_loads_there_strictly()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Matching("torchvision_maskrcnn_keys.json").Single()));
        string source = _folder.File("detector.safetensors");
        // As Soco fine-tunes it: one convolution in the RPN, background last.
        SafetensorsWriter.Write(
            source,
            golden
                .RootElement.EnumerateObject()
                .Where(entry => !entry.Name.StartsWith("rpn.head.conv.1.", StringComparison.Ordinal))
                .Select(entry => (entry.Name, Value(entry.Name, [.. entry.Value.EnumerateArray().Select(side => side.GetInt64())])))
        );
        using WeightsFile weights = WeightsFile.Open(source);

        IReadOnlyList<string> names = WeightsExport.Write(
            weights,
            ExportFormat.Torchvision,
            ExportPart.Detector,
            _folder.File("strict-maskrcnn_resnet50_fpn_v2-.pth")
        );

        RunScript("read_weights.py", _folder.Root);
        Assert.Equal(golden.RootElement.EnumerateObject().Select(entry => entry.Name), names);
        Assert.False(weights.BackgroundFirst);

        static Tensor Value(string name, long[] sides)
        {
            long background =
                name.Contains("bbox_pred", StringComparison.Ordinal) && name.StartsWith("roi", StringComparison.Ordinal) ? 4
                : name.Contains("mask_fcn_logits", StringComparison.Ordinal) ? 1
                : 0;
            return sides.Length == 0 ? tensor(1L) : zeros([sides[0] - background, .. sides[1..]], ScalarType.Float16);
        }
    }

    [Fact]
    public void A_detector_finds_the_same_on_a_photograph_here_and_in_torchvision()
    {
        string? original = Directory.Exists(GoldenFiles.Images)
            ? Directory.GetFiles(GoldenFiles.Images, "*.JPEG").Order(StringComparer.Ordinal).FirstOrDefault()
            : null;
        Assert.SkipWhen(original is null, $"There is no photograph in {GoldenFiles.Images}; name a folder of them in SOCO_IMAGES.");
        string photo = _folder.File("photo.png"),
            drawn = _folder.File("drawn.pth"),
            results = _folder.File("detections.json");
        RgbImage image = Resampling.ResizeBilinear(ImageDecoder.Decode(File.ReadAllBytes(original), original), 320, 240);
        ImageWriter.SavePng(image, photo);

        RunScript("detect.py", drawn, photo, results);
        AssertFinds(results, image, drawn, rpnConvolutions: 2);

        // The same network as detectron2 has it, one convolution in the RPN and background last, goes to torchvision again.
        string shallow = _folder.File("shallow.safetensors"),
            detectron2 = _folder.File("detectron2.pkl"),
            exported = _folder.File("exported.pth");
        WriteWithoutSecondConvolution(drawn, shallow);
        Export(shallow, ExportFormat.Detectron2, detectron2);
        Export(detectron2, ExportFormat.Torchvision, exported);
        RunScript("detect.py", exported, photo, results);
        AssertFinds(results, image, detectron2, rpnConvolutions: 1);
    }

    private static void AssertFinds(string results, RgbImage image, string file, int rpnConvolutions)
    {
        var options = MaskRcnnOptions.TorchvisionV2 with
        {
            Classes = 4,
            RpnConvolutions = rpnConvolutions,
            Rpn = new RpnOptions { TestPostNms = 100 },
            Roi = new RoiOptions { DetectionsPerImage = 20 },
        };
        using var model = new MaskRcnn(options);
        using WeightsFile weights = WeightsFile.Open(file);
        WeightsTransfer.Load(StateLoading.TensorsOf(model), weights, strict: true);
        model.eval();
        using DetectionBatch batch = BatchOf(image);
        Detections found = model.Detect(batch)[0];

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(results));
        JsonElement expected = document.RootElement;
        Assert.Equal(20, found.Count);
        Assert.Equal(expected.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32() - 1), found.Labels);
        Assert.All(
            expected.GetProperty("scores").EnumerateArray().Zip(found.Scores),
            pair => Assert.Equal(pair.First.GetDouble(), pair.Second, 1e-4)
        );
        Assert.All(
            expected.GetProperty("boxes").EnumerateArray().Zip(found.Boxes),
            pair =>
                Assert.All(
                    pair.First.EnumerateArray().Zip(new[] { pair.Second.X1, pair.Second.Y1, pair.Second.X2, pair.Second.Y2 }),
                    side => Assert.Equal(side.First.GetDouble(), side.Second, 1e-3)
                )
        );
        // A probability of one half, to the last digit, may fall on either side.
        Assert.All(
            expected
                .GetProperty("mask_areas")
                .EnumerateArray()
                .Zip(DetectionResults.ToImage(found, batch.Sizes[0], batch.Sizes[0], options.Convention.ResizedMasks)),
            pair => Assert.InRange(pair.Second.Mask!.Area - pair.First.GetInt32(), -2, 2)
        );
    }

    private static DetectionBatch BatchOf(RgbImage image)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pixels = tensor(image.Pixels.ToArray(), [image.Height, image.Width, 3]).to_type(ScalarType.Float32).permute(2, 0, 1) / 255;
        Tensor mean = tensor(new[] { 0.485f, 0.456f, 0.406f }).view(3, 1, 1),
            std = tensor(new[] { 0.229f, 0.224f, 0.225f }).view(3, 1, 1);
        Tensor padded = nn.functional.pad(((pixels - mean) / std).unsqueeze(0), [0, -image.Width & 31, 0, -image.Height & 31]);
        return new DetectionBatch(padded.MoveToOuterDisposeScope(), [new ImageSize(image.Height, image.Width)], []);
    }

    private static void WriteWithoutSecondConvolution(string detector, string path)
    {
        using WeightsFile weights = WeightsFile.Open(detector);
        using DisposeScope scope = NewDisposeScope();
        SafetensorsWriter.Write(
            path,
            weights
                .Names.Where(name => !name.StartsWith("rpn.head.conv.1.", StringComparison.Ordinal))
                .Select(name => (name, weights.Read(name)))
        );
    }

    private static void Export(string from, ExportFormat format, string to)
    {
        using WeightsFile weights = WeightsFile.Open(from);
        WeightsExport.Write(weights, format, ExportPart.Detector, to);
    }

    private static void AssertSame(WeightsFile expected, string name, WeightsFile actual, string actualName)
    {
        // numpy has no bfloat16.
        bool widened = actual.Format == WeightsFormat.Detectron2 && expected.DType(name) == ScalarType.BFloat16;
        Tensor value = expected.Read(name);
        Assert.True(
            (widened ? value.to_type(ScalarType.Float32) : value).bytes.SequenceEqual(actual.Read(actualName).bytes),
            $"{actual.Path}: {name}"
        );
    }

    private static void RunScript(string name, params string[] arguments)
    {
        (int exitCode, string error) = Run([Path.Combine(Scripts(), name), .. arguments]);
        Assert.True(exitCode == 0, error);
    }

    private static string Scripts([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../interop"));

    private static (int ExitCode, string Error) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
