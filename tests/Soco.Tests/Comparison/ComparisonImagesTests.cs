using Soco.Comparison;
using Soco.Detection.Data;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Scenes;

namespace Soco.Tests.Comparison;

public sealed class ComparisonImagesTests : IDisposable
{
    private static readonly SceneOptions s_small = new() { Width = 48, Height = 48 };
    private readonly string _root = Directory.CreateTempSubdirectory("soco-comparison").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Scenes_are_drawn_once_and_each_split_has_its_own()
    {
        ComparisonConfig config = Config("  scenes: {unlabelled: 3, labelled: 3, validation: 1, test: 2, width: 48, height: 48}", "[2]");
        var drawn = new List<int>();
        using (ComparisonImages images = Open(config, (done, total) => drawn.Add(total)))
        {
            Assert.Equal((3, 3, 1, 2), (images.Unlabelled.Count, images.Labelled.Count, images.Validation!.Count, images.Test.Count));
            Assert.NotEqual(images.Unlabelled.ReadBytes(0), images.Labelled.Source.ReadBytes(0));
            Assert.Empty(images.Warnings);
            Assert.Equal(["data/test"], images.TestPaths);
        }

        Assert.Equal(9, drawn.Count(total => total == 9));
        using (Open(config, (_, _) => Assert.Fail("It was drawn again."))) { }
    }

    [Fact]
    public void A_budgets_images_are_written_down_and_read_back_the_same()
    {
        using ComparisonImages images = Open(Config("  scenes: {unlabelled: 2, labelled: 5, test: 1, width: 48, height: 48}", "[2]"));

        LabelledImages chosen = images.OfBudget(2, 7);

        string path = Path.Combine(_root, "out", "data", "annotations", "instances_labelled-2-seed7.json");
        Assert.Equal(2, chosen.Count);
        Assert.Equal(chosen.Truth.Images, CocoReader.Read(path).Images);
        Assert.Equal(LabelBudget.Choose(images.Labelled.Truth, 2, 7).Images, chosen.Truth.Images);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"te")]
    public void Damaged_fingerprints_are_one_sentence(string json)
    {
        ComparisonConfig config = Config("  scenes: {unlabelled: 2, labelled: 2, test: 1, width: 48, height: 48}", "[2]");
        Open(config).Dispose();
        string path = Assert.Single(Directory.GetFiles(Path.Combine(_root, "out"), "*fingerprints*", SearchOption.AllDirectories));
        File.WriteAllText(path, json);
        Assert.StartsWith($"{path} is damaged", Assert.Throws<SocoDataException>(() => Open(config)).Message);
    }

    [Fact]
    public void Test_images_among_the_unlabelled_are_warned_of()
    {
        Write("train", 3, 1);
        Write("learn", 2, 2);
        Write("test", 2, 1);

        using ComparisonImages images = Open(Files("learn"));

        // The first two scenes of one seed are the same whatever the split.
        Assert.Equal(
            "2 of the 2 test images are among the unlabelled ones: pretraining sees them, without their labels.",
            Assert.Single(images.Warnings)
        );
    }

    [Fact]
    public void Unlabelled_images_can_be_those_of_annotations()
    {
        Write("train", 3, 1);
        Write("few", 1, 1);
        Write("learn", 2, 2);
        Write("test", 2, 3);

        ComparisonConfig config = Config(
            "  unlabelled: {annotations: annotations/instances_few.json, images: train}\n"
                + Part("labelled", "learn")
                + Part("test", "test"),
            "[1]"
        );
        using ComparisonImages images = Open(config);

        Assert.Equal(1, images.Unlabelled.Count);
        Assert.Equal("scene-000000.jpg", images.Unlabelled.NameOf(0));
        Assert.Empty(images.Warnings);
        Assert.Equal(["../test"], images.TestPaths);
    }

    [Fact]
    public void A_test_image_among_the_labelled_is_refused()
    {
        Write("train", 2, 1);
        Write("learn", 3, 2);
        Write("test", 2, 2);

        var error = Assert.Throws<SocoDataException>(() => Open(Files("learn")));

        Assert.StartsWith("scene-000000.jpg is both a test image and a labelled one", error.Message);
    }

    [Fact]
    public void Fewer_labelled_images_than_the_largest_budget_are_refused()
    {
        Write("train", 2, 1);
        Write("learn", 2, 2);
        Write("test", 2, 3);

        var error = Assert.Throws<SocoRequestException>(() => Open(Files("learn", "[1, 3]")));

        Assert.StartsWith("There are 2 labelled images, and the largest budget is 3", error.Message);
    }

    [Fact]
    public void Other_data_than_it_began_with_is_refused()
    {
        Write("train", 2, 1);
        Write("learn", 2, 2);
        Write("test", 2, 3);
        Open(Files("learn")).Dispose();
        Write("test", 3, 3);

        var error = Assert.Throws<SocoDataException>(() => Open(Files("learn")));

        Assert.StartsWith("The test images or labels are not those that", error.Message);
        Assert.Contains("(2 images then, 3 now)", error.Message);
    }

    private static string Part(string name, string split) =>
        $"  {name}: {{annotations: annotations/instances_{split}.json, images: {split}}}\n";

    private static ComparisonConfig Config(string data, string budgets) =>
        ComparisonConfig.Parse($"data:\n{data}\nbudgets: {budgets}\nseeds: [1]\narms: {{scratch: {{}}}}");

    private static ComparisonConfig Files(string labelled, string budgets = "[1]") =>
        Config("  unlabelled: {images: train}\n" + Part("labelled", labelled) + Part("test", "test"), budgets);

    private void Write(string split, int count, ulong seed) => SceneSet.Write(_root, count, seed, s_small, split);

    private ComparisonImages Open(ComparisonConfig config, Action<int, int>? drawn = null) =>
        ComparisonImages.Open(
            config,
            ComparisonFolder.Create(Path.Combine(_root, "out")),
            _root,
            drawn ?? ((_, _) => { }),
            CancellationToken.None
        );
}
