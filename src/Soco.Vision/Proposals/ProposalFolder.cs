namespace Soco.Proposals;

/// <summary>A folder of proposal parts, <c>part-00000.parquet</c> and so on, that a run adds to.</summary>
internal sealed class ProposalFolder
{
    private const string PartPattern = "*.parquet";

    private readonly string _folder;
    private readonly ProposalOrigin _origin;
    private int _nextPart;

    private ProposalFolder(string folder, ProposalOrigin origin)
    {
        _folder = folder;
        _origin = origin;
    }

    /// <summary>The images of the parts that were there when the folder was opened.</summary>
    public HashSet<string> Done { get; } = new(StringComparer.Ordinal);

    /// <summary>Opens a folder to add to, or makes it; removes what a killed run left half written.</summary>
    /// <exception cref="SocoRequestException">The folder has boxes of another strategy or with other parameters.</exception>
    /// <exception cref="SocoDataException">A part is damaged.</exception>
    /// <exception cref="SocoRunException">The folder cannot be made.</exception>
    public static ProposalFolder OpenToAdd(string folder, ProposalOrigin origin)
    {
        var opened = new ProposalFolder(folder, origin);
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string temporary in Directory.GetFiles(folder, "*" + AtomicFile.TemporarySuffix))
            {
                File.Delete(temporary);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SocoRunException($"The folder {folder} cannot be used ({exception.Message.TrimEnd('.')}); choose another one.", exception);
        }

        foreach (string part in PartsOf(folder))
        {
            if (ProposalPart.ReadNames(part, name => opened.Done.Add(name)) is { } other && other != origin)
            {
                throw new SocoRequestException(
                    $"{folder} has boxes of {other}, and {origin} is asked for; give another output folder or the same strategy.");
            }

            opened._nextPart++;
        }

        while (File.Exists(opened.NextPath()))
        {
            opened._nextPart++;
        }

        return opened;
    }

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

    private string NextPath() => Path.Combine(_folder, $"part-{_nextPart:00000}.parquet");
}
