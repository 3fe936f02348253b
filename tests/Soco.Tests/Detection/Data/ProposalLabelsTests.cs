using Soco.Detection.Data;
using Soco.Tensors;
using Soco.Tests.Data;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;

namespace Soco.Tests.Detection.Data;

public sealed class ProposalLabelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_box_is_an_object_of_the_one_class()
    {
        ToyImages source = ToyImages.Scenes(4, seed: 3, unreadable: 2);
        string boxes = _folder.File("boxes");
        ProposalRun.Run(source, new RandomProposals(5, seed: 1, ProposalFilter.Published), boxes);
        ProposalStore store = ProposalStore.Load(boxes);
        var leftOut = new List<UnreadableImageException>();
        int[] before = [.. source.Reads];

        using LabelledImages images = ProposalLabels.Of(source, store, boxes, leftOut.Add);

        Assert.Equal(["scene-000.bmp", "scene-001.bmp", "scene-003.bmp"], images.Truth.Images.Select(image => image.FileName));
        Assert.Equal(["object"], images.Classes.Select(category => category.Name));
        Assert.False(images.HasMasks);
        Assert.True(store.TryFind("scene-003.bmp", out BoxXywh[] last));
        Assert.Equal(
            last.Select(box => new LabelledObject(new BoxXyxy(box.X, box.Y, box.X + box.Width, box.Y + box.Height), 0, null)),
            images.ObjectsOf(2)
        );
        Assert.Equal((96, 72), (images.ImageAt(2).Width, images.ImageAt(2).Height));
        Assert.Equal(("scene-002.bmp", "no proposals"), leftOut.Select(image => (image.Name, image.Reason)).Single());

        // The file says how large the images are.
        Assert.Equal(before, source.Reads);
    }

    [Fact]
    public void The_authors_file_says_no_sizes_so_the_images_do()
    {
        ToyImages source = ToyImages.Scenes(3, seed: 3, unreadable: 1);
        string json = _folder.File("boxes.json");
        File.WriteAllText(json, """{"scene-000": [[2, 3, 40, 50]], "scene-001": [[2, 3, 40, 50]], "scene-002": []}""");
        var leftOut = new List<UnreadableImageException>();

        using LabelledImages images = ProposalLabels.Of(source, ProposalStore.Load(json), json, leftOut.Add);

        Assert.Equal([(96, 72), (96, 72)], images.Truth.Images.Select(image => (image.Width, image.Height)));
        Assert.Equal(new BoxXyxy(2, 3, 42, 53), images.ObjectsOf(0).Single().Box);
        Assert.Empty(images.ObjectsOf(1));
        Assert.Equal("scene-001.bmp", leftOut.Single().Name);
    }

    [Fact]
    public void Proposals_of_other_images_are_refused()
    {
        string json = _folder.File("other.json");
        File.WriteAllText(json, """{"elsewhere": [[2, 3, 40, 50]]}""");

        var error = Assert.Throws<SocoDataException>(() =>
            ProposalLabels.Of(ToyImages.Scenes(2), ProposalStore.Load(json), json, _ => { })
        );
        Assert.Contains("proposals for none of the 2 images", error.Message);
    }
}
