using Soco.Models;
using Soco.Weights;
using TorchSharp;

namespace Soco.Examples;

/// <summary>A file of weights of any kind that Soco reads: its tensors, and its backbone in a network.</summary>
internal static class CheckpointExample
{
    public static void Run(string path)
    {
        using WeightsFile file = WeightsFile.Open(path);
        Console.WriteLine($"{file.Format} in {file.Container}: {file.Names.Count} tensors");
        foreach (string name in file.Names.Take(5))
        {
            Console.WriteLine($"  {name} [{string.Join(", ", file.Shape(name))}]");
        }

        WeightsWidths widths = WeightsWidths.Of(file);
        using var backbone = new ResNet(widths.Arch!, widths.Width);
        string prefix = file.Names.Any(name => name.StartsWith("encoder.", StringComparison.Ordinal)) ? "encoder." : "";
        foreach (
            (string name, torch.Tensor tensor) in StateLoading.TensorsOf(backbone).Where(part => file.Names.Contains(prefix + part.Name))
        )
        {
            file.CopyInto(prefix + name, tensor);
        }

        using torch.Tensor image = torch.zeros(1, 3, 64, 64);
        using torch.Tensor features = backbone.forward(image);
        Console.WriteLine($"{widths.Arch} of width {widths.Width}: C5 of a 64-pixel image is [{string.Join(", ", features.shape)}]");
    }
}
