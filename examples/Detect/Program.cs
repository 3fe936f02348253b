using System.Diagnostics;
using Soco.Runtime;
using Soco.Vision;
using Soco.Vision.Imaging;

// dotnet run -c Release --project examples/Detect -- model.onnx IMAGE [IMAGE...]: the objects in images, by a detector of `soco export --to
// onnx`. No torch.
if (args.Length < 2)
{
    Console.Error.WriteLine("model.onnx IMAGE [IMAGE...]");
    return 2;
}

try
{
    var clock = Stopwatch.StartNew();
    using Detector detector = Detector.Load(args[0]);
    Console.Error.WriteLine($"loaded in {clock.Elapsed.TotalSeconds:0.000} s");
    foreach (string path in args[1..])
    {
        clock.Restart();
        IReadOnlyList<Detection> found = detector.Detect(path);
        Console.WriteLine($"{path}: {found.Count} objects in {clock.Elapsed.TotalSeconds:0.000} s");
        foreach (Detection item in found)
        {
            Console.WriteLine($"  {item.Class} {item.Score:0.00} at {item.Box.X1:0},{item.Box.Y1:0} to {item.Box.X2:0},{item.Box.Y2:0}");
        }
    }

    return 0;
}
catch (Exception error) when (error is SocoException or UnreadableImageException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}
