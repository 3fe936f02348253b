using System.Text.Json;
using Soco.Pretraining.Model;
using Soco.TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Pretraining.Model;

/// <summary>A published checkpoint loads with no map: names and shapes are the authors'.</summary>
[Collection(Alone.Name)]
[Trait("Category", "Golden")]
public sealed class CheckpointNamesTests
{
    [Theory]
    [InlineData(Variant.Fpn, "soco_fpn_checkpoint")]
    [InlineData(Variant.C4, "soco_c4_checkpoint")]
    public void Names_and_shapes_are_those_of_the_published_checkpoint(Variant variant, string key) =>
        Assert.All(
            GoldenFiles.Matching("checkpoint_keys*.json"),
            path =>
            {
                using DisposeScope scope = NewDisposeScope();
                using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(path));
                string[] published =
                [
                    .. golden
                        .RootElement.GetProperty(key)
                        .EnumerateObject()
                        .Select(entry => Line(entry.Name["module.".Length..], entry.Value.EnumerateArray().Select(size => size.GetInt64())))
                        .Where(line => !line.StartsWith("queue", StringComparison.Ordinal))
                        .Order(StringComparer.Ordinal),
                ];

                using var model = new SocoModel(new SocoModelOptions { Variant = variant });

                Assert.NotEmpty(published);
                Assert.Equal(
                    published,
                    model.state_dict().Select(entry => Line(entry.Key, entry.Value.shape)).Order(StringComparer.Ordinal)
                );
            }
        );

    private static string Line(string name, IEnumerable<long> shape) => $"{name} [{string.Join(", ", shape)}]";
}
