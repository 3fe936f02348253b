using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Soco.Annotations;
using Soco.Checkpoints;
using Soco.Comparison;
using Soco.Images;
using Soco.Proposals;
using Soco.Scenes;
using Soco.Training;

namespace Soco.Campaigns;

/// <summary>A kind of file that Soco reads.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="File">The name of the file that is damaged.</param>
/// <param name="Originals">Whole files of the kind; a mutation takes them in turn.</param>
/// <param name="Read">Reads all of the file in a folder of its own, as the commands do.</param>
internal sealed record FileFormat(string Name, string File, Func<IReadOnlyList<byte[]>> Originals, Action<string> Read)
{
    /// <summary>All kinds.</summary>
    public static IReadOnlyList<FileFormat> All { get; } =
    [
        new("images", "image", Images, path => ImageDecoder.Decode(System.IO.File.ReadAllBytes(path), "image")),
        new("COCO JSON", "labels.json", () => [Coco()], path => CocoReader.Read(path)),
        new("COCO results", "results.json", () => [Encoding.UTF8.GetBytes("""[{"image_id":1,"category_id":1,"bbox":[1,2,30,40],"score":0.5},{"image_id":2,"category_id":2,"bbox":[1.5,2,3e1,40],"score":1}]""")], ReadResults),
        new("VOC XML", "Annotations/a.xml", () => [Encoding.UTF8.GetBytes(Voc)], path => VocReader.Read(Path.GetDirectoryName(Path.GetDirectoryName(path))!)),
        new("recipes (YAML)", "recipe.yaml", () => [Encoding.UTF8.GetBytes(Recipe.Load<PretrainingRecipe>("small").ToYaml()), Encoding.UTF8.GetBytes(Recipe.Load<DetectionRecipe>("small").ToYaml())], path => Recipe.Open(path)),
        new("studies (YAML)", "study.yaml", () => [Encoding.UTF8.GetBytes("data:\n  scenes: {unlabelled: 8, labelled: 4, test: 3}\nbudgets: [2]\nseeds: [1]\narms:\n  scratch: {}\n  soco: {method: soco}\n")], path => ComparisonConfig.Load(path)),
        new("proposals (Parquet)", "part-00000.parquet", Parquet, ReadParquet),
        new("proposals (JSON)", "proposals.json", () => [Encoding.UTF8.GetBytes("""{"a":[[1,2,30,40],[5,6,70,80]],"b":[]}""")], path => ProposalStore.Load(path)),
        new("zip", "images.zip", () => [Zip()], ReadSource),
        new("tar", "images.tar", () => [Tar(), Gzip(Tar())], ReadSource),
        new("safetensors", "weights.safetensors", () => [Safetensors()], ReadWeights),
        new("pickles (.pth, .pkl)", "weights.pth", Pickles, ReadWeights),
    ];

    private const string Voc = """
        <annotation><filename>a.jpg</filename><size><width>100</width><height>80</height><depth>3</depth></size>
        <object><name>cat</name><difficult>0</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>50</xmax><ymax>60</ymax></bndbox></object>
        <object><name>dog</name><bndbox><xmin>10.5</xmin><ymin>20</ymin><xmax>90</xmax><ymax>70</ymax></bndbox></object></annotation>
        """;

    private static IReadOnlyList<byte[]> Images() =>
    [
        .. new[] { SkiaSharp.SKEncodedImageFormat.Jpeg, SkiaSharp.SKEncodedImageFormat.Png, SkiaSharp.SKEncodedImageFormat.Webp }.Select(Encoded),
        Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="),
        [.. "BM"u8, 0x46, 0, 0, 0, 0, 0, 0, 0, 0x36, 0, 0, 0, 0x28, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0, 0, 16, .. new byte[35]],
        .. new[] { BitMiracle.LibTiff.Classic.Compression.LZW, BitMiracle.LibTiff.Classic.Compression.ADOBE_DEFLATE, BitMiracle.LibTiff.Classic.Compression.JPEG, BitMiracle.LibTiff.Classic.Compression.PACKBITS }.Select(TiffOf),
    ];

    private static byte[] Encoded(SkiaSharp.SKEncodedImageFormat format)
    {
        using var bitmap = new SkiaSharp.SKBitmap(64, 48);
        for (int i = 0; i < 64 * 48; i++)
        {
            bitmap.SetPixel(i % 64, i / 64, new SkiaSharp.SKColor((byte)(i * 7), (byte)(i / 5), (byte)i));
        }

        using SkiaSharp.SKData data = bitmap.Encode(format, 80);
        return data.ToArray();
    }

    private static byte[] TiffOf(BitMiracle.LibTiff.Classic.Compression compression)
    {
        string path = Path.GetTempFileName();
        using (BitMiracle.LibTiff.Classic.Tiff tiff = BitMiracle.LibTiff.Classic.Tiff.Open(path, "w"))
        {
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.IMAGEWIDTH, 64);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.IMAGELENGTH, 48);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.SAMPLESPERPIXEL, 3);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.BITSPERSAMPLE, 8);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.PHOTOMETRIC, BitMiracle.LibTiff.Classic.Photometric.RGB);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.PLANARCONFIG, BitMiracle.LibTiff.Classic.PlanarConfig.CONTIG);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.COMPRESSION, compression);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.ROWSPERSTRIP, 16);
            for (int y = 0; y < 48; y++)
            {
                tiff.WriteScanline([.. Enumerable.Range(0, 192).Select(x => (byte)(x * y))], y);
            }
        }

        byte[] bytes = System.IO.File.ReadAllBytes(path);
        System.IO.File.Delete(path);
        return bytes;
    }

    private static byte[] Coco()
    {
        using var folder = new ScratchFolder();
        SceneSet.Write(folder.Path, 4, seed: 1, new SceneOptions { Width = 96, Height = 64 });
        return System.IO.File.ReadAllBytes(Directory.GetFiles(folder.Path, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First());
    }

    private static IReadOnlyList<byte[]> Parquet()
    {
        using var folder = new ScratchFolder();
        SceneSet.Write(folder.Path, 4, seed: 1, new SceneOptions { Width = 96, Height = 64 });
        using ImageSource source = ImageSource.Open([Path.Combine(folder.Path, "train")]);
        string store = Path.Combine(folder.Path, "store");
        ProposalRun.Run(source, new RandomProposals(6), store);
        return [System.IO.File.ReadAllBytes(Directory.GetFiles(store, "*.parquet").Single())];
    }

    /// <summary>Its pages carry checksums: what is read must be what was written.</summary>
    private static void ReadParquet(string path)
    {
        ProposalStore store = ProposalStore.Load(Path.GetDirectoryName(path)!);
        for (int image = 0; image < 4; image++)
        {
            string name = ParquetNames.Value[image];
            if (store.Count != 4 || !store.TryFind(name, out BoxXywh[] boxes) || !boxes.SequenceEqual(new RandomProposals(6).Propose(name, 96, 64)))
            {
                throw new InvalidOperationException("other boxes were read than were written");
            }
        }
    }

    private static Lazy<string[]> ParquetNames { get; } = new(() =>
    {
        using var folder = new ScratchFolder();
        SceneSet.Write(folder.Path, 4, seed: 1, new SceneOptions { Width = 96, Height = 64 });
        using ImageSource source = ImageSource.Open([Path.Combine(folder.Path, "train")]);
        return [.. Enumerable.Range(0, source.Count).Select(source.NameOf)];
    });

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

    /// <summary>As other tools write it: without the checksums of Soco, which would find any damage before anything else is looked at.</summary>
    private static byte[] Safetensors()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"__metadata__":{"format":"pt"},"conv1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"bn1.bias":{"dtype":"F16","shape":[4],"data_offsets":[24,32]}}""");
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[32]];
    }

    private static IReadOnlyList<byte[]> Pickles() =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Seeds")).Where(path => Path.GetExtension(path) is ".pth" or ".pkl").Order(StringComparer.Ordinal).Select(System.IO.File.ReadAllBytes)];

    private static void ReadResults(string path)
    {
        string truth = Path.Combine(Path.GetDirectoryName(path)!, "truth.json");
        if (!System.IO.File.Exists(truth))
        {
            System.IO.File.WriteAllText(truth, """{"images":[{"id":1,"width":100,"height":80,"file_name":"a.jpg"},{"id":2,"width":100,"height":80,"file_name":"b.jpg"}],"categories":[{"id":1,"name":"a"},{"id":2,"name":"b"}],"annotations":[]}""");
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
