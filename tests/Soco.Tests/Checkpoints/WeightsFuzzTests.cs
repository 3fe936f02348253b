using System.Buffers.Binary;
using System.Diagnostics;
using Soco.Checkpoints;
using Soco.Checkpoints.Export;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Checkpoints;

/// <summary>
/// Damaged and hostile files made of good ones. SOCO_FUZZ is how many are tried, SOCO_FUZZ_SEED where they begin: each is a function of its
/// number alone, and a failure names it.
/// </summary>
public sealed class WeightsFuzzTests : IDisposable
{
    private const int DefaultCount = 4000;
    private const long Allowance = 64 << 20;

    /// <summary>Those that take from the stack or the memo.</summary>
    private const string Opcodes = ".0123bcdeghijloqrstuRQPaNIKMJ]}()\u0081\u0085\u0086\u0087\u0092\u0093\u0094\u008f\u0090\u0091";

    /// <summary>Numbers that lengths, counts and offsets go wrong at.</summary>
    private static readonly ulong[] s_edges =
        [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_mutated_file_is_read_or_refused_in_one_sentence_within_its_memory()
    {
        int count = NumberIn("SOCO_FUZZ", DefaultCount), first = NumberIn("SOCO_FUZZ_SEED", Random.Shared.Next(1 << 30));
        byte[][] seeds = Seeds();
        int opened = 0;
        var slowest = TimeSpan.Zero;
        for (int number = first; number < first + count; number++)
        {
            byte[] mutated = Mutate(seeds, number);
            var clock = Stopwatch.StartNew();
            opened += Try(mutated, number) ? 1 : 0;
            slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{count} mutated files from number {first}: {opened} still open, {count - opened} refused; the slowest took {slowest.TotalMilliseconds:0} ms.");
        Assert.InRange(opened, 1, count - 1);
    }

    /// <summary>Opens a file and reads all of it, counting what is allocated along the way, which bounds what is held.</summary>
    private bool Try(byte[] content, int number)
    {
        string path = _folder.File("mutated");
        File.WriteAllBytes(path, content);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using WeightsFile file = WeightsFile.Open(path);
            foreach (string name in file.Stored.Names)
            {
                using Tensor tensor = file.Stored.Read(name);
                Assert.InRange(tensor.numel() * tensor.element_size(), 0, content.Length + Allowance);
            }

            return true;
        }
        catch (SocoDataException refusal)
        {
            Assert.StartsWith(path, refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refusal.Message);
            return false;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"File {number} is neither read nor refused.", error);
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2L * content.Length + Allowance);
        }
    }

    private byte[][] Seeds()
    {
        string source = _folder.File("source.safetensors");
        using (DisposeScope scope = NewDisposeScope())
        {
            SafetensorsWriter.Write(source, [("encoder.conv1.weight", ones(2, 3)), ("encoder.bn1.num_batches_tracked", tensor(1L))]);
        }

        List<string> files = [source, .. Directory.GetFiles(PythonFiles.Seeds, "*.p*").Order(StringComparer.Ordinal)];
        using (WeightsFile weights = WeightsFile.Open(source))
        {
            foreach (ExportFormat format in new[] { ExportFormat.Soco, ExportFormat.Detectron2 })
            {
                files.Add(_folder.File($"{format}"));
                WeightsExport.Write(weights, format, ExportPart.All, files[^1]);
            }
        }

        return [.. files.Select(File.ReadAllBytes)];
    }

    /// <summary>A seed with one change, or with up to eight.</summary>
    private static byte[] Mutate(byte[][] seeds, int number)
    {
        var random = new Random(number);
        List<byte> bytes = [.. seeds[random.Next(seeds.Length)]];
        for (int changes = random.Next(3) == 0 ? random.Next(2, 9) : 1; changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 65), bytes.Count - at);
            switch (random.Next(9))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    byte[] other = seeds[random.Next(seeds.Length)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 257))]);
                    break;
                case 5:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 6:
                    byte[] repeated = [.. Enumerable.Repeat(bytes.GetRange(at, Math.Min(length, 8)), random.Next(1, 2000)).SelectMany(piece => piece)];
                    bytes.InsertRange(at, repeated);
                    break;
                case 7:
                    bytes[at] = (byte)Opcodes[random.Next(Opcodes.Length)];
                    break;
                default:
                    byte[] edge = new byte[8];
                    BinaryPrimitives.WriteUInt64LittleEndian(edge, s_edges[random.Next(s_edges.Length)]);
                    int width = Math.Min(1 << random.Next(4), bytes.Count - at);
                    bytes.RemoveRange(at, width);
                    bytes.InsertRange(at, edge[..width]);
                    break;
            }
        }

        return [.. bytes];
    }

    private static int NumberIn(string variable, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(variable), out int number) ? number : otherwise;
}
