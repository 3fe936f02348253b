using Soco.Vision.Imaging;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;

namespace Soco.Vision.Proposals;

/// <summary>How a run works; none of it decides a box.</summary>
public sealed record ProposalRunOptions
{
    /// <summary>Threads, at least 1; all cores by default.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>The part of the images that this process proposes for; null: all of them.</summary>
    internal ProposalShare? Share { get; init; }

    /// <summary>Images of one part, at least 1: as many are done again after a kill, at most.</summary>
    public int ImagesPerPart { get; init; } = 1000;

    /// <summary>Called a few times a second and at the end, on the thread that runs.</summary>
    public Action<ProposalProgress>? Progress { get; init; }
}

/// <summary>One of several processes that share the images of a source, every so many of them each.</summary>
/// <param name="Rank">Number of the process, from 0.</param>
/// <param name="Size">Number of processes.</param>
internal sealed record ProposalShare(int Rank, int Size);

/// <summary>
/// Proposes boxes for every image of a source, once, offline (arXiv 2106.02637, section 3.1). The output is a folder of Parquet parts, or
/// the authors' JSON if it is named <c>*.json</c> (made of parts in <c>*.json.parts</c>, which then go). A run that was stopped or killed
/// continues where it was. Boxes and files are the same whatever the number of threads.
/// </summary>
public sealed class ProposalRun
{
    private const string SharePrefix = "share-";

    private readonly ImageSource _source;
    private readonly ProposalStrategy _strategy;
    private readonly ProposalRunOptions _options;
    private readonly string _folder;
    private readonly string? _jsonFile;

    private ProposalRun(ImageSource source, ProposalStrategy strategy, string output, ProposalRunOptions options)
    {
        (_source, _strategy, _options) = (source, strategy, options);
        bool json = Path.GetExtension(output).Equals(".json", StringComparison.OrdinalIgnoreCase);
        _jsonFile = json ? output : null;
        _folder = json ? output + ".parts" : output;
    }

    private string SkippedFile =>
        Path.Combine(
            _options.Share is not null ? OwnFolder
                : _jsonFile is null ? _folder
                : Path.GetDirectoryName(Path.GetFullPath(_jsonFile))!,
            "skipped.csv"
        );

    private string OwnFolder => _options.Share is { } share ? Path.Combine(_folder, $"{SharePrefix}{share.Rank}") : _folder;

    private ProposalOrigin Origin => new(_strategy.Name, _strategy.Parameters);

    /// <summary>Runs until all images are done or <paramref name="cancellationToken"/> asks to stop; what is done is then kept.</summary>
    /// <param name="source">The images. Those that cannot be read are skipped and listed in <c>skipped.csv</c>.</param>
    /// <param name="strategy">What proposes the boxes.</param>
    /// <param name="output">A folder, or a file named <c>*.json</c>.</param>
    /// <param name="options">How to work; null for the defaults.</param>
    /// <param name="cancellationToken">Stops within about two seconds; the images in progress are left for the next run.</param>
    /// <exception cref="SocoRequestException">
    /// The output has boxes of another strategy or with other parameters, or two images would have one name in a JSON file.
    /// </exception>
    /// <exception cref="SocoDataException">A part in the output is damaged.</exception>
    /// <exception cref="SocoRunException">No image can be read, or the output cannot be written; complete parts stay.</exception>
    public static ProposalRunResult Run(
        ImageSource source,
        ProposalStrategy strategy,
        string output,
        ProposalRunOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= new ProposalRunOptions();
        if (options.Jobs < 1 || options.ImagesPerPart < 1)
        {
            throw new SocoRequestException(
                $"{options.Jobs} jobs and {options.ImagesPerPart} images a part are asked for; give at least 1 of each."
            );
        }

        return new ProposalRun(source, strategy, output, options).Run(cancellationToken);
    }

    /// <summary>
    /// Takes the parts of all shares of the output over, and their lists of skipped images. Call it when no process adds to a share: after
    /// a run, and before one, since another may have been killed.
    /// </summary>
    /// <param name="source">The images.</param>
    /// <param name="strategy">What proposes the boxes.</param>
    /// <param name="output">A folder, or a file named <c>*.json</c>.</param>
    /// <param name="finished">
    /// Whether all images are done: then a JSON file is written, and an output without any image is an error.
    /// </param>
    /// <exception cref="SocoRequestException">The output has boxes of another strategy or with other parameters.</exception>
    /// <exception cref="SocoDataException">A part is damaged.</exception>
    /// <exception cref="SocoRunException">No image could be read, or the output cannot be written.</exception>
    internal static void TakeOver(ImageSource source, ProposalStrategy strategy, string output, bool finished) =>
        new ProposalRun(source, strategy, output, new ProposalRunOptions()).TakeOver(finished);

    private void TakeOver(bool finished)
    {
        using (ProposalFolder folder = ProposalFolder.OpenToAdd(_folder, Origin))
        {
            string[] shares = Directory.GetDirectories(_folder, SharePrefix + "*");
            var skipped = new SkippedImages(SkippedFile);
            foreach (string share in shares)
            {
                skipped.AddFrom(Path.Combine(share, Path.GetFileName(SkippedFile)));
                folder.TakeOver(share);
            }

            if (finished)
            {
                skipped.Save();
            }

            if (finished && folder.Done.Count == 0)
            {
                throw new SocoRunException($"None of the {_source.Count} images could be read; {SkippedFile} lists them and why.");
            }
        }

        if (finished && _jsonFile is not null)
        {
            WriteJson(_jsonFile);
        }
    }

    private ProposalRunResult Run(CancellationToken cancellationToken)
    {
        if (_jsonFile is not null)
        {
            RefuseEqualKeys();
        }

        using ProposalFolder folder = ProposalFolder.OpenToAdd(OwnFolder, Origin);
        HashSet<string> done = _options.Share is null ? folder.Done : [.. folder.Done, .. ProposalFolder.NamesIn(_folder)];
        int[] open = [.. Enumerable.Range(0, _source.Count).Where(image => !done.Contains(_source.NameOf(image)))];
        int before = _source.Count - open.Length,
            withoutBoxes = 0;
        if (_options.Share is { } share)
        {
            // Of the images themselves, not of what is left: a process that is started again finds what it did.
            open = [.. open.Where(image => image % share.Size == share.Rank)];
        }

        int all = before + open.Length;
        long boxes = 0;
        var skipped = new SkippedImages(SkippedFile);
        var rate = new RecentRate(before);
        var part = new List<ProposalRow>();
        int looked = before,
            proposed = 0;
        bool finished = OrderedWork<Outcome>.Run(
            open.Length,
            _options.Jobs,
            () => NewWorker(open, cancellationToken),
            outcome =>
            {
                looked++;
                if (outcome.Failure is not null)
                {
                    skipped.Add(outcome.Failure);
                }
                else
                {
                    proposed++;
                    boxes += outcome.Row.Boxes.Count;
                    withoutBoxes += outcome.Row.Boxes.Count == 0 ? 1 : 0;
                    part.Add(outcome.Row);
                }

                if (part.Count == _options.ImagesPerPart)
                {
                    folder.Add(part);
                    part.Clear();
                }

                if (rate.IsDue)
                {
                    _options.Progress?.Invoke(rate.Report(looked, all, skipped.Count));
                }
            },
            cancellationToken
        );

        if (part.Count > 0)
        {
            folder.Add(part);
        }

        skipped.Save();
        _options.Progress?.Invoke(rate.Report(looked, all, skipped.Count));
        if (_options.Share is null && finished && skipped.Count > 0 && skipped.Count == _source.Count)
        {
            throw new SocoRunException(
                $"None of the {_source.Count} images could be read, the first because of this: {skipped.First!.Message}; {SkippedFile} lists them all."
            );
        }

        if (_options.Share is null && finished && _jsonFile is not null)
        {
            WriteJson(_jsonFile);
        }

        return new ProposalRunResult(proposed, before, skipped.Count, boxes, withoutBoxes, !finished);
    }

    private Func<int, Outcome> NewWorker(int[] open, CancellationToken cancellationToken)
    {
        Func<RgbImage, string, IReadOnlyList<BoxXywh>> propose = _strategy.NewWorker(cancellationToken);
        return item =>
        {
            string name = _source.NameOf(open[item]);
            try
            {
                return ImageDecoder.Use(
                    _source.ReadBytes(open[item]),
                    name,
                    image =>
                    {
                        var row = new ProposalRow(name, image.Width, image.Height, propose(image, name));
                        image.Recycle();
                        return new Outcome(row, null);
                    }
                );
            }
            catch (UnreadableImageException exception)
            {
                return new Outcome(default, exception);
            }
            catch (OutOfMemoryException)
            {
                return new Outcome(
                    default,
                    new UnreadableImageException(name, "it needs more memory than there is: make it smaller, or give fewer --jobs")
                );
            }
        };
    }

    private void RefuseEqualKeys()
    {
        var keys = new NameTable();
        for (int image = 0; image < _source.Count; image++)
        {
            string key = ProposalJson.KeyOf(_source.NameOf(image));
            if (!keys.TryAdd(key))
            {
                throw new SocoRequestException(
                    $"Two images are called {key} without folder and extension, which {_jsonFile} could not tell apart; give a folder as output instead."
                );
            }
        }
    }

    private void WriteJson(string file)
    {
        ProposalJson.Write(
            file,
            ProposalFolder
                .PartsOf(_folder)
                .SelectMany(part =>
                {
                    var rows = new List<(string, IReadOnlyList<BoxXywh>)>();
                    ProposalPart.Read(part, row => rows.Add((ProposalJson.KeyOf(row.Path), [.. row.Boxes])));
                    return rows;
                })
        );
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A row, or why there is none.</summary>
    private readonly record struct Outcome(ProposalRow Row, UnreadableImageException? Failure);
}
