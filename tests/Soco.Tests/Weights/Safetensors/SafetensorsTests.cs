using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Soco.Vision;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights.Safetensors;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private string Path => _folder.File("weights.safetensors");

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int16)]
    [InlineData(ScalarType.Int8)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Bool)]
    public void Every_element_type_comes_back_bit_for_bit(ScalarType type)
    {
        Tensor written = (rand(3, 5, 7) * 100).to(type);
        SafetensorsWriter.Write(Path, [("a", written), ("empty", zeros([0, 4], type)), ("scalar", ones([], type))]);

        using SafetensorsFile file = SafetensorsFile.Open(Path);
        Tensor read = file.Read("a");

        Assert.Equal(["a", "empty", "scalar"], file.Names);
        Assert.Equal((type, type), (file.DType("a"), read.dtype));
        Assert.True(written.bytes.SequenceEqual(read.bytes));
        Assert.Equal([0L, 4L], file.Read("empty").shape);
        Assert.Empty(file.Read("scalar").shape);
    }

    [Fact]
    public void Any_names_shapes_and_metadata_come_back() =>
        Gen.Select(Gen.Dictionary(Gen.String[1, 12], Gen.Long[0, 5].Array[0, 4])[0, 6], Gen.Dictionary(Gen.String, Gen.String)[0, 4])
            .Where((shapes, _) => !shapes.ContainsKey("__metadata__"))
            .Where((shapes, metadata) => shapes.Keys.Concat(metadata.Keys).Concat(metadata.Values).All(IsText))
            .Sample(
                (shapes, metadata) =>
                {
                    using DisposeScope scope = NewDisposeScope();
                    (string Key, Tensor)[] tensors = [.. shapes.Select(pair => (pair.Key, rand(pair.Value)))];
                    SafetensorsWriter.Write(Path, tensors, metadata);

                    using SafetensorsFile file = SafetensorsFile.Open(Path);

                    Assert.Equal(shapes.Keys.Order(StringComparer.Ordinal), file.Names);
                    Assert.Equal(
                        metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal),
                        file.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    );
                    Assert.All(tensors, item => Assert.True(file.Read(item.Key).bytes.SequenceEqual(item.Item2.bytes)));
                },
                threads: 1,
                iter: 200
            );

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        SafetensorsWriter.Write(Path, [("b", tensor(new byte[] { 7 })), ("a", tensor(1f))], new Dictionary<string, string> { ["k"] = "v" });

        byte[] bytes = File.ReadAllBytes(Path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);

        Assert.Equal(0, length % 8);
        string header = Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' ');
        string[] sums = Regex.Match(header, @",""soco\.xxh3"":""([0-9a-f ]+)""").Groups[1].Value.Split(' ');
        Assert.Equal([XxHash3.HashToUInt64([0, 0, 0x80, 0x3f]).ToString("x16"), XxHash3.HashToUInt64([7]).ToString("x16")], sums[1..]);
        Assert.Equal(
            """{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}""",
            Regex.Replace(header, @",""soco\.xxh3"":""[0-9a-f ]+""", "")
        );
        Assert.Equal([0, 0, 0x80, 0x3f, 7], bytes[(8 + length)..]);
    }

    [Fact]
    public void Tensors_that_are_strided_or_need_gradients_are_written_by_value()
    {
        Tensor grid = arange(6, float32).reshape(2, 3);
        SafetensorsWriter.Write(Path, [("t", grid.t()), ("p", nn.Parameter(grid.clone())), ("n", grid.narrow(1, 1, 2))]);

        using SafetensorsFile file = SafetensorsFile.Open(Path);

        Assert.Equal([0f, 3f, 1f, 4f, 2f, 5f], file.Read("t").data<float>().ToArray());
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f], file.Read("p").data<float>().ToArray());
        Assert.Equal([1f, 2f, 4f, 5f], file.Read("n").data<float>().ToArray());
    }

    [Fact]
    public void Copying_into_a_tensor_keeps_its_type_and_strides()
    {
        Tensor value = arange(6, float32).reshape(2, 3);
        SafetensorsWriter.Write(Path, [("v", value)]);
        using SafetensorsFile file = SafetensorsFile.Open(Path);
        using var same = nn.Parameter(zeros(2, 3));
        Tensor narrow = zeros([2, 3], bfloat16);
        Tensor strided = zeros(3, 2).t();

        file.CopyInto("v", same);
        file.CopyInto("v", narrow);
        file.CopyInto("v", strided);

        Assert.All(new[] { same.detach(), narrow.to(float32), strided }, copy => Assert.True(copy.equal(value).all().item<bool>()));
        Assert.True(same.requires_grad);
    }

    [Fact]
    public void Copying_into_another_shape_or_from_no_tensor_is_said_with_the_name()
    {
        SafetensorsWriter.Write(Path, [("v", zeros(2, 3))]);
        using SafetensorsFile file = SafetensorsFile.Open(Path);

        Assert.Contains(
            "the tensor v is [2, 3] but [3, 2] is needed",
            Assert.Throws<SocoDataException>(() => file.CopyInto("v", zeros(3, 2))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains("has no tensor w", Assert.Throws<SocoDataException>(() => file.Read("w")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_off_at_any_byte_is_refused()
    {
        SafetensorsWriter.Write(Path, [("a", rand(2)), ("b", rand(3))], new Dictionary<string, string> { ["k"] = "v" });
        byte[] whole = File.ReadAllBytes(Path);

        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            Assert.Contains("is not a complete safetensors file: ", Refusal(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_with_any_one_byte_changed_is_refused_or_read_without_harm()
    {
        SafetensorsWriter.Write(Path, [("a", rand(2)), ("b", rand(3))], new Dictionary<string, string> { ["k"] = "v" });
        byte[] whole = File.ReadAllBytes(Path);

        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte)
            .Sample(
                (at, value) =>
                {
                    byte[] changed = [.. whole];
                    changed[at] = value;
                    File.WriteAllBytes(Path, changed);
                    try
                    {
                        using SafetensorsFile file = SafetensorsFile.Open(Path);
                        foreach (string name in file.Names)
                        {
                            file.Read(name).Dispose();
                        }
                    }
                    catch (SocoDataException) { }
                },
                threads: 1,
                iter: 3000
            );
    }

    [Theory]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""",
        "it lists the tensor a twice"
    )]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "the tensor b overlaps another one"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "there is a hole before the tensor a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes at its end belong to no tensor")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""",
        "the tensor a ends at byte 12 of the data, which has 8 bytes"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "the tensor a of F32 [3] needs 12 bytes but has 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,7]}}""", "the tensor a of F32 [1] needs 4 bytes but has 7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "the tensor a has no valid data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "the tensor a has no valid data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "the tensor a has -8 in its data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "the tensor a has -2 in its shape")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,8]}}""",
        "the tensor a is larger than any file"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}}""", "the tensor a is larger than any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1e99],"data_offsets":[0,8]}}""", "the tensor a has 1e99 in its shape")]
    [InlineData(
        """{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""",
        "the tensor a has elements of the unknown type \"F8_E4M3\""
    )]
    [InlineData("""{"a":{"shape":[8],"data_offsets":[0,8]}}""", "the tensor a has elements of the unknown type \"\"")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", "the tensor a has no shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", "its header does not have the form of a safetensors header")]
    [InlineData("""{"a":3}""", "its header does not have the form of a safetensors header")]
    [InlineData("""{"__metadata__":{"k":3}}""", "its header does not have the form of a safetensors header")]
    [InlineData("""{"__metadata__":{"k":"\ud800"}}""", "its header does not have the form of a safetensors header")]
    [InlineData("""[1, 2]""", "its header does not have the form of a safetensors header")]
    [InlineData("""{"a":""", "its header is not JSON")]
    [InlineData("""{"a":[[[[[[[[[[[[1]]]]]]]]]]]]}""", "its header is not JSON")]
    public void A_hostile_header_is_refused_with_its_reason(string json, string reason)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        WriteRaw(header.Length, header, new byte[8]);

        Assert.Equal($"{Path} is not a complete safetensors file: {reason}; copy or make the file again.", Refusal());
    }

    [Theory]
    [InlineData(-1L, "it gives 18446744073709551615 bytes as its header's length, which must be 2 to 100000000")]
    [InlineData(0L, "it gives 0 bytes as its header's length, which must be 2 to 100000000")]
    [InlineData(100_000_001L, "it gives 100000001 bytes as its header's length, which must be 2 to 100000000")]
    [InlineData(100_000_000L, "its header ends at byte 100000008 but the file at 18")]
    public void A_header_length_beyond_reason_is_refused_before_anything_is_read(long length, string reason)
    {
        WriteRaw(length, Encoding.UTF8.GetBytes("{}"), new byte[8]);

        Assert.Equal($"{Path} is not a complete safetensors file: {reason}; copy or make the file again.", Refusal());
    }

    [Fact]
    public void A_file_that_is_not_there_or_a_folder_is_one_sentence()
    {
        Assert.StartsWith(
            $"{_folder.File("none")} cannot be read (",
            Assert.Throws<SocoDataException>(() => SafetensorsFile.Open(_folder.File("none"))).Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            $"{_folder.Root} cannot be read (",
            Assert.Throws<SocoDataException>(() => SafetensorsFile.Open(_folder.Root)).Message,
            StringComparison.Ordinal
        );
    }

    // What UTF-8 cannot hold, a half surrogate pair, is not text.
    private static bool IsText(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;

    private string Refusal() => Assert.Throws<SocoDataException>(() => SafetensorsFile.Open(Path)).Message;

    private void WriteRaw(long headerLength, byte[] header, byte[] data)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, headerLength);
        File.WriteAllBytes(Path, [.. prefix, .. header, .. data]);
    }
}
