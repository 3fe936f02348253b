using System.Diagnostics;
using System.Text;
using Soco.Detection.Data;
using Soco.Embedding;
using Soco.Probing;
using Soco.Reports;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;
using Soco.Weights;
using static TorchSharp.torch;

namespace Soco.Jobs;

/// <summary>What a job of vectors is asked for.</summary>
public sealed record EmbedRequest
{
    /// <summary>The images.</summary>
    public required ImageSource Images { get; init; }

    /// <summary>A run folder, or a file of weights of any kind that Soco reads; null where <see cref="Vectors"/> are given.</summary>
    public string? Weights { get; init; }

    /// <summary>A Parquet file of vectors of these images that were made before; null: they are made with <see cref="Weights"/>.</summary>
    public string? Vectors { get; init; }

    /// <summary>The file of vectors, .parquet or .npy; other results are named after it.</summary>
    public required string Output { get; init; }

    /// <summary>Proposals whose boxes get vectors, in place of the images.</summary>
    public string? Proposals { get; init; }

    /// <summary>Labels whose boxes do: a COCO JSON, a PASCAL VOC folder, or a YOLO data set.</summary>
    public string? Annotations { get; init; }

    /// <summary>Side of the square that images are resized to, pixels; 0: the view size of the run, or 224 for a file.</summary>
    public int Size { get; init; }

    /// <summary>Threads of computation; 0 is one for each core.</summary>
    public int Threads { get; init; }

    /// <summary>Neighbors of each query on the sheet, at most 100; 0 draws none.</summary>
    public int Nearest { get; init; }

    /// <summary>Images whose neighbors are shown: names among the images, or files; none: eight, evenly spaced.</summary>
    public IReadOnlyList<string> Queries { get; init; } = [];

    /// <summary>The least cosine of near-duplicates, above 0, at most 1; null: they are not looked for.</summary>
    public double? Duplicates { get; init; }

    /// <summary>Images of a diverse subset; 0: none is chosen.</summary>
    public int Select { get; init; }
}

/// <summary>What a job of vectors wrote.</summary>
/// <param name="Path">The file of vectors.</param>
/// <param name="Origin">What made them.</param>
/// <param name="Vectors">Number of vectors.</param>
/// <param name="Images">Number of images that have some.</param>
/// <param name="Dimensions">Values of a vector.</param>
/// <param name="Seconds">Time of making them; 0 where they were read.</param>
public sealed record EmbedResult(string Path, VectorOrigin Origin, int Vectors, int Images, int Dimensions, double Seconds)
{
    /// <summary>The sheet of neighbors; null where none was asked for.</summary>
    public string? SheetPath { get; init; }

    /// <summary>The table of near-duplicates; null where none was asked for.</summary>
    public string? DuplicatesPath { get; init; }

    /// <summary>The groups of near-duplicates.</summary>
    public IReadOnlyList<DuplicateGroup> Duplicates { get; init; } = [];

    /// <summary>The list of the subset; null where none was asked for.</summary>
    public string? SelectionPath { get; init; }

    /// <summary>The subset.</summary>
    public Selection? Selection { get; init; }
}

/// <summary>
/// Vectors of images or boxes by a frozen network, and what to do with them on the first day: neighbors, near-duplicates, a subset to
/// label.
/// </summary>
/// <param name="request">What is asked for.</param>
public sealed class EmbedJob(EmbedRequest request)
{
    private const int MostNeighbors = 100;

    /// <summary>Makes vectors and writes all that was asked for.</summary>
    /// <param name="progress">Receives how far it is.</param>
    /// <param name="cancellationToken">Ends it; files that are written stay.</param>
    /// <exception cref="SocoRequestException">
    /// What is asked for does not go together or is not there, or the output cannot be written.
    /// </exception>
    /// <exception cref="SocoDataException">Weights, vectors, proposals or labels are damaged, or of other images.</exception>
    /// <exception cref="SocoRunException">No image can be read, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public EmbedResult Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        Check();
        IReadOnlyList<QueryImage> queries = QueryImage.Resolve(request.Queries, request.Images);
        OutputFolder.MakeFor(request.Output);
        var reporter = new JobReporter(progress);
        using var skipped = new SkippedList(Path.Combine(Path.GetDirectoryName(request.Output) ?? "", "skipped.csv"), reporter);
        using Embedder? embedder = request.Weights is null ? null : Open(request.Weights);
        var clock = Stopwatch.StartNew();
        using VectorSet vectors = embedder is null ? Saved() : Make(embedder, reporter, skipped, cancellationToken);
        double seconds = embedder is null ? 0 : clock.Elapsed.TotalSeconds;
        if (request.Output != request.Vectors)
        {
            VectorFile.Write(request.Output, vectors);
        }

        using Tensor directions = vectors.Directions();
        var result = new EmbedResult(request.Output, vectors.Origin, vectors.Count, vectors.Images.Count, vectors.Dimensions, seconds);
        result = request.Nearest > 0 ? WithNeighbors(result, vectors, directions, queries, embedder) : result;
        result = request.Duplicates is { } threshold ? WithDuplicates(result, vectors, directions, threshold, cancellationToken) : result;
        return request.Select > 0 ? WithSelection(result, vectors, directions, reporter, cancellationToken) : result;
    }

    private void Check()
    {
        VectorFile.CheckName(request.Output);
        if (request.Weights is null == request.Vectors is null)
        {
            throw new SocoRequestException("Vectors are made by weights, or were made before: give either weights or vectors.");
        }

        if (request.Proposals is not null && request.Annotations is not null)
        {
            throw new SocoRequestException("Boxes come from proposals or from annotations: leave one out.");
        }

        if (request.Vectors is not null && (request.Proposals ?? request.Annotations) is { } boxes)
        {
            throw new SocoRequestException(
                $"The boxes of {boxes} cannot be added to the vectors of {request.Vectors}: give weights in place of vectors."
            );
        }

        if (request.Duplicates is not null && (request.Proposals ?? request.Annotations) is not null)
        {
            throw new SocoRequestException("Near-duplicates are looked for among whole images: leave proposals and annotations out.");
        }

        if (request.Duplicates is not (null or (> 0 and <= 1)))
        {
            throw new SocoRequestException(
                FormattableString.Invariant(
                    $"A cosine of {request.Duplicates} is not possible for near-duplicates: give one above 0, at most 1."
                )
            );
        }

        if (request.Nearest > MostNeighbors)
        {
            throw new SocoRequestException(
                $"{request.Nearest} neighbors are more than a sheet has room for: give {MostNeighbors} or less."
            );
        }

        if (request.Queries.Count > 0 && request.Nearest == 0)
        {
            throw new SocoRequestException("A query needs the number of its neighbors: give one, such as 5.");
        }

        CheckSelection(request.Images.Count);
    }

    private void CheckSelection(int images)
    {
        if (request.Select > images)
        {
            throw new SocoRequestException(
                $"A subset of {request.Select} is more than the {Plural.Of(images, "image")} that there are to choose from: give {images} or less."
            );
        }
    }

    private Embedder Open(string path)
    {
        using WeightsFile weights = RunFolder.OpenWeights(path);
        return new Embedder(
            weights,
            RunFolder.FindPretraining(path),
            new ProbeOptions { Size = request.Size, Threads = request.Threads > 0 ? request.Threads : Environment.ProcessorCount }
        );
    }

    private VectorSet Saved()
    {
        VectorSet vectors = VectorFile.Read(request.Vectors!);
        HashSet<string> names = [.. Enumerable.Range(0, request.Images.Count).Select(request.Images.NameOf)];
        if (vectors.Images.FirstOrDefault(image => !names.Contains(image)) is { } unknown)
        {
            vectors.Dispose();
            throw new SocoDataException(
                $"{request.Vectors} has a vector of {unknown}, which is none of the {Plural.Of(names.Count, "image")}: name the images that the vectors were made of."
            );
        }

        if (vectors.Boxes is not null && request.Duplicates is not null)
        {
            vectors.Dispose();
            throw new SocoRequestException(
                $"Near-duplicates are looked for among whole images, and {request.Vectors} has vectors of boxes: name vectors of images."
            );
        }

        return vectors;
    }

    private VectorSet Make(Embedder embedder, JobReporter reporter, SkippedList skipped, CancellationToken cancellationToken)
    {
        ImageSource source = request.Images;
        var clock = Stopwatch.StartNew();
        VectorSet vectors = BoxesIn(source, skipped) is { } boxes
            ? embedder.OfBoxes(boxes, Report, skipped.Add, cancellationToken)
            : embedder.OfImages(source, Report, skipped.Add, cancellationToken);
        if (vectors.Count == 0)
        {
            vectors.Dispose();
            throw new SocoRunException(
                $"None of the {Plural.Of(source.Count, "image")} can be used; skipped.csv beside {request.Output} says why."
            );
        }

        return vectors;

        void Report(int done, int all)
        {
            double rate = done / clock.Elapsed.TotalSeconds;
            reporter.Advance(
                "images",
                done,
                all,
                TimeSpan.FromSeconds((all - done) / rate),
                FormattableString.Invariant($"{rate:0.0} images/s")
            );
        }
    }

    /// <summary>The boxes that get vectors; null where images do. They share the source.</summary>
    private LabelledImages? BoxesIn(ImageSource source, SkippedList skipped)
    {
        LabelledImages? boxes =
            request.Proposals is { } proposals ? ProposalLabels.Of(source, ProposalStore.Load(proposals), proposals, skipped.Add)
            : request.Annotations is { } annotations ? new LabelledImages(source, LabelFiles.Read(annotations, null), annotations)
            : null;
        return boxes is { Objects: 0 }
            ? throw new SocoDataException($"{request.Proposals ?? request.Annotations} has no box: name boxes of these images.")
            : boxes;
    }

    private EmbedResult WithNeighbors(
        EmbedResult result,
        VectorSet vectors,
        Tensor directions,
        IReadOnlyList<QueryImage> queries,
        Embedder? embedder
    )
    {
        string path = PathOf("nearest.png");
        ImageWriter.SavePng(new NeighborSearch(request.Images, vectors, embedder).Draw(directions, queries, request.Nearest), path);
        return result with { SheetPath = path };
    }

    private EmbedResult WithDuplicates(
        EmbedResult result,
        VectorSet vectors,
        Tensor directions,
        double threshold,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<SimilarPair> pairs =
            NearDuplicates.Pairs(directions, threshold, cancellationToken)
            ?? throw new SocoRequestException(
                FormattableString.Invariant(
                    $"More than {NearDuplicates.MostPairs} pairs of images reach the cosine {threshold}: give a larger one; the vectors are in {request.Output}."
                )
            );
        Dictionary<string, int> sources = Enumerable.Range(0, request.Images.Count).ToDictionary(request.Images.NameOf);
        Dictionary<int, (long Pixels, int Bytes)> worth = pairs
            .SelectMany(pair => new[] { pair.First, pair.Second })
            .Distinct()
            .ToDictionary(row => row, WorthOf);
        IReadOnlyList<DuplicateGroup> groups = NearDuplicates.Group(
            pairs,
            (one, other) => worth[other].CompareTo(worth[one]) is not 0 and var order ? order : one.CompareTo(other)
        );
        string path = PathOf("duplicates.csv");
        DuplicateTable.Write(path, groups, vectors.Paths);
        return result with { DuplicatesPath = path, Duplicates = groups };

        // A copy has fewer pixels, or was encoded in fewer bytes.
        (long, int) WorthOf(int row)
        {
            try
            {
                byte[] bytes = request.Images.ReadBytes(sources[vectors.Paths[row]]);
                (int width, int height) = ImageDecoder.ReadSize(bytes, vectors.Paths[row]);
                return ((long)width * height, bytes.Length);
            }
            catch (UnreadableImageException)
            {
                return (0, 0);
            }
        }
    }

    private EmbedResult WithSelection(
        EmbedResult result,
        VectorSet vectors,
        Tensor directions,
        JobReporter reporter,
        CancellationToken cancellationToken
    )
    {
        CheckSelection(vectors.Images.Count);
        Selection selection = FarthestFirst.Choose(
            directions,
            vectors.ImageOf,
            request.Select,
            done => reporter.Advance("selection", done, request.Select, null, ""),
            cancellationToken
        );
        string path = PathOf("selected.txt");
        string[] names = [.. selection.Images.Select(image => vectors.Images[image])];
        if (names.FirstOrDefault(name => name.AsSpan().ContainsAny('\n', '\r')) is { } broken)
        {
            throw new SocoDataException(
                $"The name {broken.ReplaceLineEndings("\\n")} has a line break, and a list of images has a name a line: rename the image."
            );
        }

        AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(names.Select(name => name + "\n"))));
        return result with { SelectionPath = path, Selection = selection };
    }

    private string PathOf(string what) => $"{Path.ChangeExtension(request.Output, null)}-{what}";
}
