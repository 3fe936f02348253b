using System.IO.Compression;
using System.Text;
using Soco.Pretraining.Model;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Export;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

[Collection(Alone.Name)]
public sealed class WeightsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private string Path => _folder.File("weights");

    [Fact]
    public void Every_tensor_that_python_wrote_comes_back_bit_for_bit() => PythonFiles.AssertAll(PythonFiles.Seeds);

    [Theory]
    [InlineData("authors.pth", WeightsContainer.TorchZip, WeightsFormat.Soco, WeightsKind.Pretrained)]
    [InlineData("authors-legacy.pth", WeightsContainer.TorchLegacy, WeightsFormat.Soco, WeightsKind.Pretrained)]
    [InlineData("mmdetection.pth", WeightsContainer.TorchZip, WeightsFormat.Mmdetection, WeightsKind.Backbone)]
    [InlineData("arrays-protocol4.pkl", WeightsContainer.Pickle, WeightsFormat.Detectron2, WeightsKind.Backbone)]
    [InlineData("types.pth", WeightsContainer.TorchZip, WeightsFormat.Other, WeightsKind.Unknown)]
    public void The_kind_of_a_file_is_told_by_its_content(string seed, WeightsContainer container, WeightsFormat format, WeightsKind kind)
    {
        File.Copy(System.IO.Path.Combine(PythonFiles.Seeds, seed), Path);
        using WeightsFile file = WeightsFile.Open(Path);

        Assert.Equal((container, format, kind), (file.Container, file.Format, file.Kind));
    }

    [Theory]
    [InlineData("authors.pth")]
    [InlineData("authors-legacy.pth")]
    public void The_state_of_a_training_stands_around_the_model_without_being_made(string seed)
    {
        using WeightsFile file = WeightsFile.Open(System.IO.Path.Combine(PythonFiles.Seeds, seed));

        Assert.Equal(
            [
                "opt: an object of argparse.Namespace",
                "optimizer: a dictionary of 2",
                "scheduler: a dictionary of 8",
                "epoch: 100",
                "best: a tensor []",
                "model: 5 tensors",
            ],
            file.Wrappers.Select(wrapper => $"{wrapper.Key}: {wrapper.Content}")
        );
        Assert.Contains("encoder.conv1.weight", file.Names);
        Assert.Contains("module.encoder.conv1.weight", file.Stored.Names);
    }

    [Fact]
    public void A_checkpoint_with_the_authors_structure_goes_on_pretraining()
    {
        var options = new SocoModelOptions
        {
            Arch = "resnet18",
            FpnChannels = 8,
            HeadChannels = 8,
            HeadFc = 16,
            ProjectorHidden = 16,
            ProjectorOut = 8,
        };
        using var published = new SocoModel(options);
        using var model = new SocoModel(options);
        SafetensorsWriter.Write(_folder.File("published"), StateLoading.TensorsOf(published));
        using (WeightsFile written = WeightsFile.Open(_folder.File("published")))
        {
            WeightsExport.Write(written, ExportFormat.Soco, ExportPart.All, Path);
        }

        using WeightsFile weights = WeightsFile.Open(Path);
        StateMatch match = StateLoading.Load(StateLoading.TensorsOf(model), weights, Path);

        Assert.True(match.IsExact);
        Assert.All(
            StateLoading.TensorsOf(published).Zip(StateLoading.TensorsOf(model)),
            pair => Assert.True(pair.First.Tensor.detach().bytes.SequenceEqual(pair.Second.Tensor.detach().bytes), pair.First.Name)
        );
    }

    [Theory]
    [InlineData("authors.pth")]
    [InlineData("authors-legacy.pth")]
    [InlineData("arrays-protocol2.pkl")]
    public void A_file_cut_off_anywhere_is_refused(string seed)
    {
        byte[] whole = File.ReadAllBytes(System.IO.Path.Combine(PythonFiles.Seeds, seed));
        for (int length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(Path, whole[..length]);

            Assert.StartsWith($"{Path} is ", Refusal(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(
        "<!DOCTYPE html><html>",
        "is no file of weights that Soco knows: it is neither safetensors, nor a torch file, nor a pickle, nor a model in ONNX; check that it was fetched whole."
    )]
    [InlineData(
        "version https://git-lfs",
        "is no file of weights that Soco knows: it is neither safetensors, nor a torch file, nor a pickle, nor a model in ONNX; check that it was fetched whole."
    )]
    [InlineData("cos\nsystem\n(S'true'\ntR.", "is refused: it asks for os.system, which can run other programs or code.")]
    [InlineData(
        "}.",
        "is not a complete file of weights: it holds a dictionary of 0 and no dictionary of tensors by name; copy or make the file again."
    )]
    [InlineData(
        "}U\u0001aK\u0005sU\u0001bU\u0002hisU\u0001c}s.",
        "is not a complete file of weights: it holds no tensors by name, but a (5), b (\"hi\"), c (a dictionary of 0); copy or make the file again."
    )]
    [InlineData(
        "\u0080\u0002ctorchvision.models.resnet\nResNet\n)\u0081}U\u0008trainingK\u0001sb.",
        "is not a complete file of weights: it holds an object of torchvision.models.resnet.ResNet and no dictionary of tensors by name: it may be a whole model; save its state_dict() with torch.save; copy or make the file again."
    )]
    public void What_is_no_file_of_weights_is_said(string content, string reason)
    {
        File.WriteAllBytes(Path, Encoding.Latin1.GetBytes(content));

        Assert.Equal($"{Path} {reason}", Refusal());
    }

    [Theory]
    [InlineData("../escape", "is refused: its entry ../escape points out of the zip.")]
    [InlineData("archive/../../escape", "is refused: its entry archive/../../escape points out of the zip.")]
    [InlineData("/etc/passwd", "is refused: its entry /etc/passwd points out of the zip.")]
    [InlineData("archive\\..\\escape", "is refused: its entry archive\\..\\escape points out of the zip.")]
    [InlineData("archive/constants.pkl", "is refused: it is a TorchScript program: save its state_dict() with torch.save.")]
    [InlineData("archive/data.pkl", "is not a complete file of weights: it is a zip of several torch files; copy or make the file again.")]
    [InlineData("other/data.pkl", "is not a complete file of weights: it is a zip of several torch files; copy or make the file again.")]
    public void A_zip_with_a_hostile_entry_is_refused(string entry, string reason)
    {
        using (ZipArchive zip = Seed(ZipArchiveMode.Update))
        {
            zip.CreateEntry(entry).Open().Dispose();
        }

        Assert.Equal($"{Path} {reason}", Refusal());
    }

    [Theory]
    [InlineData("module.encoder_q.", "module.encoder_k.")]
    [InlineData("_orig_mod.", null)]
    [InlineData("module._orig_mod.module.", null)]
    [InlineData("student.backbone.", "teacher.backbone.")]
    [InlineData("online_network.trunk.", "momentum_network.trunk.")]
    public void A_backbone_is_found_under_any_prefix(string prefix, string? average)
    {
        string[] names = ["conv1.weight", "bn1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.running_mean"];
        SafetensorsWriter.Write(
            Path,
            [
                .. names.Select(name => (prefix + name, full([2], 1f))),
                .. average is null ? [] : names.Select(name => (average + name, full([2], 2f))),
                (prefix + "fc.0.weight", zeros(1)),
                ("queue_ptr", zeros(1)),
            ]
        );
        using WeightsFile file = WeightsFile.Open(Path);
        Assert.Equal((WeightsFormat.Torchvision, WeightsKind.Backbone), (file.Format, file.Kind));
        Assert.Equal(names.Select(name => "encoder." + name).Order(StringComparer.Ordinal), file.Names.Order(StringComparer.Ordinal));
        Assert.Equal(1f, file.Read("encoder.conv1.weight")[0].item<float>());
    }

    [Fact]
    public void A_backbone_in_a_sequence_is_found()
    {
        SafetensorsWriter.Write(
            Path,
            [
                ("backbone.0.weight", zeros(2)),
                ("backbone.1.bias", zeros(2)),
                ("backbone.4.0.bn1.weight", zeros(2)),
                ("backbone.7.1.bn2.running_var", zeros(2)),
                ("projection_head.layers.0.weight", zeros(2)),
            ]
        );
        using WeightsFile file = WeightsFile.Open(Path);
        Assert.Equal(
            ["encoder.bn1.bias", "encoder.conv1.weight", "encoder.layer1.0.bn1.weight", "encoder.layer4.1.bn2.running_var"],
            file.Names.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_flipped_bit_in_a_tensor_of_a_zip_is_refused()
    {
        Seed(ZipArchiveMode.Read).Dispose();
        byte[] bytes = File.ReadAllBytes(Path);
        int storage = bytes.AsSpan().IndexOf("archive/data/0"u8);
        int header = storage - 30;
        bytes[storage + bytes[header + 26] + bytes[header + 28] + 256 * bytes[header + 29]] ^= 1;
        File.WriteAllBytes(Path, bytes);

        Assert.Equal(
            $"{Path} is not a complete file of weights: its entry archive/data/0 is not what was written (its checksum does not match); copy or make the file again.",
            Refusal()
        );
    }

    [Theory]
    [InlineData(
        "archive/data.pkl",
        "is not a complete file of weights: it is a zip without data.pkl, which torch files have; copy or make the file again."
    )]
    [InlineData("archive/data/0", "is not a complete file of weights: its entry archive/data/0 is missing; copy or make the file again.")]
    public void A_zip_without_an_entry_that_it_needs_is_refused(string entry, string reason)
    {
        using (ZipArchive zip = Seed(ZipArchiveMode.Update))
        {
            zip.GetEntry(entry)!.Delete();
        }

        Assert.Equal($"{Path} {reason}", Refusal());
    }

    [Theory]
    [InlineData("archive/data.pkl")]
    [InlineData("archive/data/0")]
    public void A_zip_bomb_is_refused_before_it_is_opened(string bomb)
    {
        using (ZipArchive zip = Seed(ZipArchiveMode.Update))
        {
            zip.GetEntry(bomb)!.Delete();
            using Stream stream = zip.CreateEntry(bomb, CompressionLevel.SmallestSize).Open();
            stream.Write(new byte[10_000_000]);
        }

        Assert.Equal(
            $"{Path} is refused: its entry {bomb} is compressed or encrypted, which torch never does: unpack it, and save it again with torch.save.",
            Refusal()
        );
    }

    [Fact]
    public void A_file_of_a_big_endian_machine_is_refused()
    {
        using (ZipArchive zip = Seed(ZipArchiveMode.Update))
        {
            using Stream stream = zip.CreateEntry("archive/byteorder", CompressionLevel.NoCompression).Open();
            stream.Write("big"u8);
        }

        Assert.Equal($"{Path} is refused: it was written on a big-endian machine: load and save it on another one.", Refusal());
    }

    [Fact]
    public void A_sentence_stays_one_line_whatever_the_file_says()
    {
        File.WriteAllBytes(Path, Encoding.Latin1.GetBytes("\u0080\u0004\u008c\u0002os\u008c\u0005\n\r\u001b[2\u0093."));

        Assert.Equal($"{Path} is refused: it asks for os.???[2, which can run other programs or code.", Refusal());
    }

    [Fact]
    public void Opening_a_large_file_takes_no_memory_for_its_tensors()
    {
        SafetensorsWriter.Write(_folder.File("source"), [("encoder.layer1.0.conv1.weight", zeros(64, 1024, 1024, dtype: ScalarType.Byte))]);
        using WeightsFile source = WeightsFile.Open(_folder.File("source"));
        foreach (ExportFormat format in Enum.GetValues<ExportFormat>())
        {
            WeightsExport.Write(source, format, ExportPart.All, Path);
            long before = GC.GetAllocatedBytesForCurrentThread();

            using WeightsFile file = WeightsFile.Open(Path);

            Assert.Equal([64L, 1024L, 1024L], file.Shape("encoder.layer1.0.conv1.weight"));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        }
    }

    private ZipArchive Seed(ZipArchiveMode mode)
    {
        File.Copy(System.IO.Path.Combine(PythonFiles.Seeds, "authors.pth"), Path, overwrite: true);
        return ZipFile.Open(Path, mode);
    }

    private string Refusal() => Assert.Throws<SocoDataException>(() => WeightsFile.Open(Path)).Message;
}
