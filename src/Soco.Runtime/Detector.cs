using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;

namespace Soco.Runtime;

/// <summary>
/// A detector that <c>soco export --to onnx</c> wrote, run by ONNX Runtime: no torch is needed. It finds what <c>soco predict</c> finds.
/// Many threads may ask it at once.
/// </summary>
/// <example>
/// <code>
/// using Detector detector = Detector.Load("model.onnx");
/// foreach (Detection found in detector.Detect("photograph.jpg"))
/// {
///     Console.WriteLine($"{found.Class} {found.Score:0.00} {found.Box}");
/// }
/// </code>
/// </example>
public sealed class Detector : IDisposable
{
    private const int Multiple = 32;

    private readonly InferenceSession _session;
    private readonly ModelDescription _description;
    private readonly string[] _outputs;
    private readonly TileOptions? _tiles;

    private Detector(InferenceSession session, ModelDescription description, TileOptions? tiles)
    {
        (_session, _description, _tiles) = (session, description, tiles);
        HasMasks = session.OutputMetadata.ContainsKey("masks");
        _outputs = HasMasks ? ["boxes", "labels", "scores", "masks"] : ["boxes", "labels", "scores"];
    }

    /// <summary>The classes, in the order of the labels.</summary>
    public IReadOnlyList<CocoCategory> Classes => _description.Classes;

    /// <summary>Whether objects have masks.</summary>
    public bool HasMasks { get; }

    /// <summary>Loads a detector.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="SocoRequestException">There is no such file.</exception>
    /// <exception cref="SocoDataException">The file is damaged, or holds no detector of Soco's.</exception>
    public static Detector Load(string path, DetectorOptions? options = null)
    {
        if (!File.Exists(path))
        {
            throw new SocoRequestException($"There is no {path}; name a file of `soco export --to onnx`.");
        }

        if (!ModelChecksum.Holds(path))
        {
            throw new SocoDataException($"{path} is not what was written: its checksum differs; copy or export it again.");
        }

        OrtEnv.Instance().DisableTelemetryEvents();
        using var session = new SessionOptions
        {
            IntraOpNumThreads = options?.Threads ?? 0,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options?.Configure?.Invoke(session);
        InferenceSession? loaded = null;
        try
        {
            loaded = new InferenceSession(path, session);
            return new Detector(loaded, ModelDescription.Read(loaded.ModelMetadata.CustomMetadataMap, path), options?.Tiles);
        }
        catch (OnnxRuntimeException error)
        {
            throw new SocoDataException(
                $"{path} is no model that ONNX Runtime can load ({FirstLine(error.Message)}); copy or export it again.",
                error
            );
        }
        catch
        {
            loaded?.Dispose();
            throw;
        }
    }

    /// <summary>Finds the objects in an image file, turned as its camera says.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threshold">Least score, in [0, 1].</param>
    /// <returns>The objects, best score first.</returns>
    /// <exception cref="UnreadableImageException">The file is no image that can be decoded.</exception>
    /// <exception cref="SocoDataException">The model gives a class that its metadata does not name.</exception>
    /// <exception cref="SocoRunException">The model cannot be run, or memory is short.</exception>
    public IReadOnlyList<Detection> Detect(string path, double threshold = 0.5) =>
        Detect(ImageDecoder.Decode(File.ReadAllBytes(path), path), threshold);

    /// <summary>Finds the objects in an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="threshold">Least score, in [0, 1].</param>
    /// <returns>The objects, best score first.</returns>
    /// <exception cref="SocoDataException">The model gives a class that its metadata does not name.</exception>
    /// <exception cref="SocoRunException">The model cannot be run, or memory is short.</exception>
    public IReadOnlyList<Detection> Detect(RgbImage image, double threshold = 0.5) =>
        [.. Find(image, threshold).Select(item => new Detection(Classes[item.Label].Name, item.Label, item.Score, item.Box, item.Mask))];

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    /// <summary>Finds the objects in an image, best score first.</summary>
    internal IReadOnlyList<DetectedObject> Find(RgbImage image, double threshold) =>
        _tiles is null ? FindIn(image, threshold) : TiledDetection.Detect(image, _tiles, tile => FindIn(tile, threshold));

    private IReadOnlyList<DetectedObject> FindIn(RgbImage image, double threshold)
    {
        var own = new ImageSize(image.Height, image.Width);
        if (_description.Input == "image")
        {
            using OrtValue whole = Pixels(image);
            return DetectionResults.ToImage(Run(whole, threshold), own, own);
        }

        ImageSize size = ImageResize.SizeOf(image.Width, image.Height, _description.ShortSide, _description.LongSide);
        RgbImage seen = Resampling.ResizeBilinear(image, size.Width, size.Height);
        using OrtValue input = _description.Input == "resized" ? Pixels(seen) : Normalized(seen);
        return DetectionResults.ToImage(Run(input, threshold), size, own);
    }

    private static OrtValue Pixels(RgbImage image) => OrtValue.CreateTensorValueFromMemory(image.Pixels, [image.Height, image.Width, 3]);

    private static unsafe OrtValue Normalized(RgbImage image)
    {
        int height = (image.Height + Multiple - 1) / Multiple * Multiple,
            width = (image.Width + Multiple - 1) / Multiple * Multiple;
        var values = new float[3 * height * width];
        fixed (float* target = values)
        {
            NormalizedPixels.Write(image, target, width, (long)height * width);
        }

        return OrtValue.CreateTensorValueFromMemory(values, [1, 3, height, width]);
    }

    private Detections Run(OrtValue input, double threshold)
    {
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> found = Run(options, input);
        ReadOnlySpan<BoxXyxyF> boxes = MemoryMarshal.Cast<float, BoxXyxyF>(found[0].GetTensorDataAsSpan<float>());
        ReadOnlySpan<long> labels = found[1].GetTensorDataAsSpan<long>();
        ReadOnlySpan<float> scores = found[2].GetTensorDataAsSpan<float>();

        // They come by falling score.
        int count = 0;
        while (count < scores.Length && scores[count] >= threshold)
        {
            count++;
        }

        float[][]? masks = null;
        if (HasMasks)
        {
            ReadOnlySpan<float> all = found[3].GetTensorDataAsSpan<float>();
            masks = new float[count][];
            for (int i = 0, length = scores.Length == 0 ? 0 : all.Length / scores.Length; i < count; i++)
            {
                masks[i] = all.Slice(i * length, length).ToArray();
            }
        }

        var corners = new BoxXyxy[count];
        var classes = new int[count];
        for (int i = 0; i < count; i++)
        {
            corners[i] = new BoxXyxy(boxes[i].X1, boxes[i].Y1, boxes[i].X2, boxes[i].Y2);
            classes[i] =
                labels[i] >= 0 && labels[i] < Classes.Count
                    ? (int)labels[i]
                    : throw new SocoDataException(
                        $"The model gives the class {labels[i]}, and its metadata names {Plural.Of(Classes.Count, "class", "classes")}; export it again."
                    );
        }

        return new Detections(corners, classes, scores[..count].ToArray(), masks);
    }

    private IDisposableReadOnlyCollection<OrtValue> Run(RunOptions options, OrtValue input)
    {
        try
        {
            return _session.Run(options, ["image"], [input], _outputs);
        }
        catch (OnnxRuntimeException error)
        {
            throw new SocoRunException(
                $"ONNX Runtime cannot run the model on this image ({FirstLine(error.Message)}): export it again, or give a smaller image where memory is short.",
                error
            );
        }
    }

    private static string FirstLine(string message) => message.Split('\n')[0].Trim().TrimEnd('.');

    private readonly record struct BoxXyxyF(float X1, float Y1, float X2, float Y2);
}
