using System.Diagnostics;
using Soco.Campaigns;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Export;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

/// <summary>
/// Damaged and hostile files made of good ones. SOCO_FUZZ is how many are tried, SOCO_FUZZ_SEED where they begin: each is a function of its
/// number alone, and a failure names it.
/// </summary>
public sealed class WeightsFuzzTests : IDisposable
{
    private const int DefaultCount = 4000;
    private const long Allowance = 64 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_mutated_file_is_read_or_refused_in_one_sentence_within_its_memory()
    {
        int count = NumberIn("SOCO_FUZZ", DefaultCount),
            first = NumberIn("SOCO_FUZZ_SEED", Random.Shared.Next(1 << 30));
        byte[][] seeds = Seeds();
        int opened = 0;
        var slowest = TimeSpan.Zero;
        for (int number = first; number < first + count; number++)
        {
            byte[] mutated = Mutation.Of(seeds, number);
            var clock = Stopwatch.StartNew();
            opened += Try(mutated, number) ? 1 : 0;
            slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{count} mutated files from number {first}: {opened} still open, {count - opened} refused; the slowest took {slowest.TotalMilliseconds:0} ms."
        );
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

    private static int NumberIn(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out int number) ? number : otherwise;
}
