using Soco.Jobs;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;

namespace Soco.Examples;

/// <summary>Object-like boxes of a folder of images, stored as Parquet and read again; and of one image, in memory.</summary>
internal static class ProposalsExample
{
    public static void Run(string folder, string output)
    {
        using ImageSource images = ImageSource.Open(folder);
        new ProposalsJob(
            new ProposalsRequest
            {
                Images = images,
                Strategy = new SelectiveSearchStrategy(),
                Output = output,
            }
        ).Run();

        ProposalStore store = ProposalStore.Load(output);
        Console.WriteLine($"{store.BoxCount} boxes in {store.Count} images");

        RgbImage first = ImageDecoder.Decode(images.ReadBytes(0), images.NameOf(0));
        SelectiveSearchResult all = new SelectiveSearch().Propose(first);
        Console.WriteLine($"{all.Boxes.Count} boxes in {images.NameOf(0)} before the filter, the first {all.Boxes[0]}");
    }
}
