using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using BitMiracle.LibTiff.Classic;
using SkiaSharp;
using Soco.Comparison;
using Soco.Deployment;
using Soco.Detection.Model;
using Soco.Embedding;
using Soco.Recipes;
using Soco.Runtime;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Cvat;
using Soco.Vision.Annotations.Labelme;
using Soco.Vision.Annotations.Voc;
using Soco.Vision.Annotations.Yolo;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Scenes;
using Soco.Vision.Sources;
using Soco.Weights;
using Soco.Weights.Export;

namespace Soco.Campaigns;

/// <summary>A kind of file that Soco reads.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="File">The name of the file that is damaged.</param>
/// <param name="Originals">Whole files of the kind, which mutations are made of.</param>
/// <param name="Read">Reads all of the file in a folder of its own, as the commands do.</param>
internal sealed record FileFormat(string Name, string File, Func<IReadOnlyList<byte[]>> Originals, Action<string> Read)
{
    private const int SceneWidth = 96,
        SceneHeight = 64,
        SceneBoxes = 6;

    private static readonly Lazy<(byte[] Labels, byte[] Proposals, string[] Images)> s_scenes = new(DrawScenes);

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<FileFormat> All { get; } =
    [
        new("images", "image", Images, path => ImageDecoder.Decode(System.IO.File.ReadAllBytes(path), "image")),
        new("COCO JSON", "labels.json", () => [s_scenes.Value.Labels], path => CocoReader.Read(path)),
        new(
            "COCO results",
            "results.json",
            () =>
                [
                    Encoding.UTF8.GetBytes(
                        """[{"image_id":1,"category_id":1,"bbox":[1,2,30,40],"score":0.5},{"image_id":2,"category_id":2,"bbox":[1.5,2,3e1,40],"score":1}]"""
                    ),
                ],
            ReadResults
        ),
        new(
            "VOC XML",
            "Annotations/a.xml",
            () => [Encoding.UTF8.GetBytes(Voc)],
            path => VocReader.Read(Path.GetDirectoryName(Path.GetDirectoryName(path))!)
        ),
        new(
            "YOLO data.yaml",
            "data.yaml",
            () => [Encoding.UTF8.GetBytes("path: .\ntrain: images\nval: [images]\nnc: 2\nnames: {0: cat, 1: dog}\n")],
            path => YoloReader.SplitsOf(path)
        ),
        new("LabelMe JSON", "a.json", () => [Encoding.UTF8.GetBytes(Labelme)], path => LabelmeReader.Read(Path.GetDirectoryName(path)!)),
        new("CVAT XML", "annotations.xml", () => [Encoding.UTF8.GetBytes(Cvat)], path => CvatReader.Read(path)),
        new(
            "recipes (YAML)",
            "recipe.yaml",
            () =>
                [
                    Encoding.UTF8.GetBytes(Recipe.Load<PretrainingRecipe>("small").ToYaml()),
                    Encoding.UTF8.GetBytes(Recipe.Load<DetectionRecipe>("small").ToYaml()),
                ],
            path => Recipe.Open(path)
        ),
        new(
            "studies (YAML)",
            "study.yaml",
            () =>
                [
                    Encoding.UTF8.GetBytes(
                        "data:\n  scenes: {unlabelled: 8, labelled: 4, test: 3}\nbudgets: [2]\nseeds: [1]\narms:\n  scratch: {}\n  soco: {method: soco}\n"
                    ),
                ],
            path => ComparisonConfig.Load(path)
        ),
        new("proposals (Parquet)", "part-00000.parquet", () => [s_scenes.Value.Proposals], ReadParquet),
        new("vectors (Parquet)", "vectors.parquet", Vectors, path => VectorFile.Read(path).Dispose()),
        new(
            "proposals (JSON)",
            "proposals.json",
            () => [Encoding.UTF8.GetBytes("""{"a":[[1,2,30,40],[5,6,70,80]],"b":[]}""")],
            path => ProposalStore.Load(path)
        ),
        new("zip", "images.zip", () => [Zip()], ReadSource),
        new("tar", "images.tar", () => [Tar(), Gzip(Tar())], ReadSource),
        new("safetensors", "weights.safetensors", () => [Safetensors()], ReadWeights),
        new("pickles (.pth, .pkl)", "weights.pth", () => Seeds(".pth", ".pkl"), ReadWeights),
        new("models (ONNX)", "weights.onnx", () => Seeds(".onnx"), ReadWeights),
        new("detectors (ONNX)", "detector.onnx", Detectors, Detect),
    ];

    /// <summary>Reads the whole files, and then mutations of them.</summary>
    /// <param name="first">Number of the first mutation.</param>
    /// <param name="count">Mutations.</param>
    /// <returns>The number of each, and what reading it threw; null where it was read.</returns>
    public IEnumerable<(int Number, Exception? Error)> ReadMutations(int first, int count)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(File);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        IReadOnlyList<byte[]> originals = Originals();
        foreach (byte[] original in originals)
        {
            System.IO.File.WriteAllBytes(path, original);
            Read(path);
        }

        for (int number = first; number < first + count; number++)
        {
            System.IO.File.WriteAllBytes(path, Mutation.Of(originals, number));
            yield return (number, ErrorOf(path));
        }
    }

    /// <summary>Whether an error is a sentence for the user, as commands print it, or list it in <c>skipped.csv</c>.</summary>
    public static bool IsRefusal(Exception error) => error is SocoException or UnreadableImageException;

    private Exception? ErrorOf(string path)
    {
        try
        {
            Read(path);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private const string Labelme = """
        {"version": "5.5.0", "flags": {}, "imagePath": "a.jpg", "imageData": null, "imageWidth": 100, "imageHeight": 80, "shapes": [
          {"label": "cat", "points": [[30, 40], [10, 20.5]], "group_id": null, "shape_type": "rectangle", "flags": {}},
          {"label": "dog", "points": [[0, 0], [10, 0], [10, 10]], "group_id": 3, "shape_type": "polygon", "flags": {}},
          {"label": "dog", "points": [[50, 40], [53, 44]], "group_id": 3, "shape_type": "circle", "flags": {}}]}
        """;

    private const string Cvat = """
        <annotations><version>1.1</version><meta><job><labels><label><name>dog</name></label><label><name>cat</name></label></labels></job></meta>
        <image id="0" name="sub/a.jpg" width="100" height="80">
        <box label="dog" occluded="0" xtl="10.5" ytl="20" xbr="30" ybr="40" rotation="30" z_order="0"></box>
        <ellipse label="cat" cx="50" cy="40" rx="10" ry="4"/><polygon label="cat" points="0,0;10,0;10,10"/>
        <mask label="cat" rle="1, 2, 1, 2" left="5" top="6" width="3" height="2"/><points label="dog" points="1,2"/></image></annotations>
        """;

    private const string Voc = """
        <annotation><filename>a.jpg</filename><size><width>100</width><height>80</height><depth>3</depth></size>
        <object><name>cat</name><difficult>0</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>50</xmax><ymax>60</ymax></bndbox></object>
        <object><name>dog</name><bndbox><xmin>10.5</xmin><ymin>20</ymin><xmax>90</xmax><ymax>70</ymax></bndbox></object></annotation>
        """;

    private static IReadOnlyList<byte[]> Images() =>
        [
            .. new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp }.Select(Encoded),
            Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="),
            [
                .. "BM"u8,
                0x46,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0x36,
                0,
                0,
                0,
                0x28,
                0,
                0,
                0,
                2,
                0,
                0,
                0,
                2,
                0,
                0,
                0,
                1,
                0,
                24,
                0,
                0,
                0,
                0,
                0,
                16,
                .. new byte[35],
            ],
            .. new[] { Compression.LZW, Compression.ADOBE_DEFLATE, Compression.JPEG, Compression.PACKBITS }.Select(TiffOf),
        ];

    private static IReadOnlyList<byte[]> Vectors()
    {
        using var folder = new TemporaryFolder();
        using var vectors = new VectorSet(
            TorchSharp.torch.rand(6, 8),
            ["a.jpg", "a.jpg", "b.jpg", "c.jpg", "c.jpg", "c.jpg"],
            [.. Enumerable.Range(1, 6).Select(side => new BoxXyxy(0, 0, side, side))],
            new VectorOrigin("run", "resnet18", "head", 64)
        );
        VectorFile.Write(folder.File("vectors.parquet"), vectors);
        return [System.IO.File.ReadAllBytes(folder.File("vectors.parquet"))];
    }

    private static IReadOnlyList<byte[]> Detectors()
    {
        using var folder = new TemporaryFolder();
        DetectionRecipe recipe = Recipe.Load<DetectionRecipe>(
            "nano",
            ["model.heads=box", "model.width=0.25", "model.fpn_channels=8", "model.head_channels=8", "model.head_fc=16"]
        );
        CocoCategory[] classes = [new(1, "cat", ""), new(2, "dog", "")];
        using (var detector = new MaskRcnn(MaskRcnnOptions.Of(recipe, classes.Length)))
        {
            DetectorWeights.Save(folder.File("weights.safetensors"), detector, recipe, classes, step: 1);
        }

        using WeightsFile weights = WeightsFile.Open(folder.File("weights.safetensors"));
        OnnxExport.Write(weights, ExportPart.All, OnnxInput.Resized, folder.File("detector.onnx"));
        return [System.IO.File.ReadAllBytes(folder.File("detector.onnx"))];
    }

    private static void Detect(string path)
    {
        using Detector detector = Detector.Load(path, new DetectorOptions { Threads = 1 });
        detector.Detect(new RgbImage(64, 48), threshold: 0);
    }

    private static byte[] Encoded(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(64, 48);
        for (int i = 0; i < 64 * 48; i++)
        {
            bitmap.SetPixel(i % 64, i / 64, new SKColor((byte)(i * 7), (byte)(i / 5), (byte)i));
        }

        using SKData data = bitmap.Encode(format, 80);
        return data.ToArray();
    }

    private static byte[] TiffOf(Compression compression)
    {
        string path = Path.GetTempFileName();
        using (Tiff tiff = Tiff.Open(path, "w"))
        {
            tiff.SetField(TiffTag.IMAGEWIDTH, 64);
            tiff.SetField(TiffTag.IMAGELENGTH, 48);
            tiff.SetField(TiffTag.SAMPLESPERPIXEL, 3);
            tiff.SetField(TiffTag.BITSPERSAMPLE, 8);
            tiff.SetField(TiffTag.PHOTOMETRIC, Photometric.RGB);
            tiff.SetField(TiffTag.PLANARCONFIG, PlanarConfig.CONTIG);
            tiff.SetField(TiffTag.COMPRESSION, compression);
            tiff.SetField(TiffTag.ROWSPERSTRIP, 16);
            for (int y = 0; y < 48; y++)
            {
                tiff.WriteScanline([.. Enumerable.Range(0, 192).Select(x => (byte)(x * y))], y);
            }
        }

        byte[] bytes = System.IO.File.ReadAllBytes(path);
        System.IO.File.Delete(path);
        return bytes;
    }

    /// <summary>Its pages carry checksums: what is read must be what was written.</summary>
    private static void ReadParquet(string path)
    {
        ProposalStore store = ProposalStore.Load(Path.GetDirectoryName(path)!);
        var strategy = new RandomProposals(SceneBoxes);
        if (
            store.Count != s_scenes.Value.Images.Length
            || !s_scenes.Value.Images.All(name =>
                store.TryFind(name, out BoxXywh[] boxes) && boxes.SequenceEqual(strategy.Propose(name, SceneWidth, SceneHeight))
            )
        )
        {
            throw new InvalidOperationException("other boxes were read than were written");
        }
    }

    private static (byte[] Labels, byte[] Proposals, string[] Images) DrawScenes()
    {
        using var folder = new TemporaryFolder();
        SceneSet.Write(folder.Root, 4, seed: 1, new SceneOptions { Width = SceneWidth, Height = SceneHeight });
        using ImageSource source = ImageSource.Open([folder.File("train")]);
        ProposalRun.Run(source, new RandomProposals(SceneBoxes), folder.File("store"));
        return (
            System.IO.File.ReadAllBytes(folder.File("annotations/instances_train.json")),
            System.IO.File.ReadAllBytes(Directory.GetFiles(folder.File("store"), "*.parquet").Single()),
            [.. Enumerable.Range(0, source.Count).Select(source.NameOf)]
        );
    }

    private static byte[] Zip()
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((byte[] image, int i) in Images().Take(3).Select((image, i) => (image, i)))
            {
                using Stream entry = zip.CreateEntry($"folder/{i}.jpg").Open();
                entry.Write(image);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Tar()
    {
        var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach ((byte[] image, int i) in Images().Take(3).Select((image, i) => (image, i)))
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"folder/{i}.jpg") { DataStream = new MemoryStream(image) });
            }
        }

        return stream.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }

    /// <summary>
    /// As other tools write it: without the checksums of Soco, which would find any damage before anything else is looked at.
    /// </summary>
    private static byte[] Safetensors()
    {
        byte[] header = Encoding.UTF8.GetBytes(
            """{"__metadata__":{"format":"pt"},"conv1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"bn1.bias":{"dtype":"F16","shape":[4],"data_offsets":[24,32]}}"""
        );
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[32]];
    }

    private static IReadOnlyList<byte[]> Seeds(params string[] extensions) =>
        [
            .. Directory
                .GetFiles(Path.Combine(AppContext.BaseDirectory, "Seeds"))
                .Where(path => extensions.Contains(Path.GetExtension(path)))
                .Order(StringComparer.Ordinal)
                .Select(System.IO.File.ReadAllBytes),
        ];

    private static void ReadResults(string path)
    {
        string truth = Path.Combine(Path.GetDirectoryName(path)!, "truth.json");
        if (!System.IO.File.Exists(truth))
        {
            System.IO.File.WriteAllText(
                truth,
                """{"images":[{"id":1,"width":100,"height":80,"file_name":"a.jpg"},{"id":2,"width":100,"height":80,"file_name":"b.jpg"}],"categories":[{"id":1,"name":"a"},{"id":2,"name":"b"}],"annotations":[]}"""
            );
        }

        CocoResults.Read(path, CocoReader.Read(truth));
    }

    private static void ReadSource(string path)
    {
        using ImageSource source = ImageSource.Open([path]);
        for (int i = 0; i < source.Count; i++)
        {
            try
            {
                ImageDecoder.Decode(source.ReadBytes(i), source.NameOf(i));
            }
            catch (UnreadableImageException)
            {
                // Skipped and listed, as the commands do.
            }
        }
    }

    private static void ReadWeights(string path)
    {
        using WeightsFile weights = WeightsFile.Open(path);
        foreach (string name in weights.Names)
        {
            weights.Read(name).Dispose();
        }
    }
}
