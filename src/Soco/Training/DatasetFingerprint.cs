using System.Security.Cryptography;
using System.Text;

namespace Soco.Training;

/// <summary>Tells whether a resumed run sees the images it started with.</summary>
/// <param name="Count">The number of images.</param>
/// <param name="NamesHash">SHA-256 over their names in order, hexadecimal.</param>
public sealed record DatasetFingerprint(int Count, string NamesHash)
{
    /// <summary>The fingerprint of images by name, in order.</summary>
    public static DatasetFingerprint Of(IEnumerable<string> names)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int count = 0;
        foreach (string name in names)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + '\0'));
            count++;
        }

        return new DatasetFingerprint(count, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
