using Soco.Vision.IO;

namespace Soco.Vision.Proposals.Storage;

/// <summary>A folder of proposal parts, <c>part-00000.parquet</c> and so on, that a run adds to.</summary>
internal sealed class ProposalFolder : IDisposable
{
    private const string PartPattern = "*.parquet";

    private readonly string _folder;
    private readonly ProposalOrigin _origin;
    private int _nextPart;

    private readonly IDisposable _held;

    private ProposalFolder(string folder, ProposalOrigin origin, IDisposable held)
    {
        _folder = folder;
        _origin = origin;
        _held = held;
    }

    /// <summary>The images of the parts that were there when the folder was opened.</summary>
    public HashSet<string> Done { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Opens a folder to add to, or makes it, and holds it until it is disposed; removes what a killed run left half written.
    /// </summary>
    /// <exception cref="SocoRequestException">
    /// It cannot be made, another process adds to it, or it has boxes of another strategy or with other parameters.
    /// </exception>
    /// <exception cref="SocoDataException">A part is damaged.</exception>
    /// <exception cref="SocoRunException">What was left half written cannot be removed.</exception>
    public static ProposalFolder OpenToAdd(string folder, ProposalOrigin origin)
    {
        IDisposable held;
        try
        {
            OutputFolder.Make(folder);
            held = FolderLock.Take(folder);
            foreach (string temporary in Directory.GetFiles(folder, "*" + AtomicFile.TemporarySuffix))
            {
                File.Delete(temporary);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SocoRunException(OutputFolder.Unwritable(folder, exception), exception);
        }

        var opened = new ProposalFolder(folder, origin, held);
        try
        {
            opened.ReadParts();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();

    /// <summary>The parts of a folder in name order.</summary>
    public static string[] PartsOf(string folder)
    {
        string[] parts = Directory.GetFiles(folder, PartPattern);
        Array.Sort(parts, StringComparer.Ordinal);
        return parts;
    }

    /// <summary>Adds a part; once this returns, a kill cannot take it away.</summary>
    public void Add(IReadOnlyList<ProposalRow> rows)
    {
        ProposalPart.Write(NextPath(), _origin, rows);
        _nextPart++;
    }

    /// <summary>The images of the parts of a folder, which need not be there.</summary>
    /// <exception cref="SocoDataException">A part is damaged.</exception>
    public static IReadOnlyCollection<string> NamesIn(string folder)
    {
        var names = new List<string>();
        foreach (string part in Directory.Exists(folder) ? PartsOf(folder) : [])
        {
            ProposalPart.ReadNames(part, names.Add);
        }

        return names;
    }

    /// <summary>
    /// Takes the parts of another folder over, each whole, and deletes what is left of it. A part whose images are all here is dropped.
    /// </summary>
    /// <exception cref="SocoDataException">A part is damaged.</exception>
    /// <exception cref="SocoRunException">A part cannot be moved.</exception>
    public void TakeOver(string other)
    {
        try
        {
            foreach (string part in PartsOf(other))
            {
                var names = new List<string>();
                RefuseOther(ProposalPart.ReadNames(part, names.Add), other);
                if (!names.TrueForAll(Done.Contains))
                {
                    File.Move(part, NextPath());
                    _nextPart++;
                    Done.UnionWith(names);
                }
            }

            Directory.Delete(other, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SocoRunException(OutputFolder.Unwritable(_folder, exception), exception);
        }
    }

    private void ReadParts()
    {
        foreach (string part in PartsOf(_folder))
        {
            RefuseOther(ProposalPart.ReadNames(part, name => Done.Add(name)), _folder);
            _nextPart++;
        }

        while (File.Exists(NextPath()))
        {
            _nextPart++;
        }
    }

    private void RefuseOther(ProposalOrigin? origin, string folder)
    {
        if (origin is not null && origin != _origin)
        {
            throw new SocoRequestException(
                $"{folder} has boxes of {origin}, and {_origin} is asked for; give another output folder or the same strategy."
            );
        }
    }

    private string NextPath() => Path.Combine(_folder, $"part-{_nextPart:00000}.parquet");
}
