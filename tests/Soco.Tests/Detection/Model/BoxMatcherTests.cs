using Soco.Detection.Model;

namespace Soco.Tests.Detection.Model;

public class BoxMatcherTests
{
    private static readonly Corners[] Objects = [new(0, 0, 100, 100), new(200, 200, 210, 210)];

    [Fact]
    public void Overlap_decides_between_object_background_and_neither()
    {
        // Overlaps with the first object: 1, 0.8, 0.7, 0.5, 0.2, 0.
        var boxes = new BoxColumns([Wide(100), Wide(80), Wide(70), Wide(50), Wide(20), new(300, 300, 310, 310)]);

        int[] matches = new BoxMatcher(0.7f, 0.3f, KeepBest: false).Match(boxes, Objects);

        Assert.Equal([0, 0, 0, BoxMatcher.Between, BoxMatcher.Background, BoxMatcher.Background], matches);
    }

    [Fact]
    public void All_boxes_that_overlap_an_object_most_stand_for_what_they_overlap_most()
    {
        // The last two overlap the small object alone, equally, by less than the threshold.
        var boxes = new BoxColumns([Wide(90), Wide(20), new(200, 200, 240, 210), new(170, 200, 210, 210)]);

        int[] matches = new BoxMatcher(0.7f, 0.3f, KeepBest: true).Match(boxes, Objects);

        Assert.Equal([0, BoxMatcher.Background, 1, 1], matches);
    }

    [Fact]
    public void The_best_box_of_an_object_may_stand_for_another_that_it_overlaps_more()
    {
        Corners[] objects = [new(0, 0, 10, 10), new(0, 0, 10, 8)];
        var boxes = new BoxColumns([new Corners(0, 0, 10, 9.5f)]);

        Assert.Equal([0], new BoxMatcher(0.99f, 0.3f, KeepBest: true).Match(boxes, objects));
    }

    [Fact]
    public void An_object_that_nothing_overlaps_takes_no_box()
    {
        var boxes = new BoxColumns([Wide(100), Wide(20)]);

        Assert.Equal([BoxMatcher.Background, BoxMatcher.Background], new BoxMatcher(0.7f, 0.3f, KeepBest: true).Match(boxes, [Objects[1]]));
    }

    [Fact]
    public void Without_objects_all_is_background()
    {
        var boxes = new BoxColumns([Wide(100), Wide(20)]);

        Assert.Equal([BoxMatcher.Background, BoxMatcher.Background], new BoxMatcher(0.7f, 0.3f, KeepBest: true).Match(boxes, []));
    }

    private static Corners Wide(float width) => new(0, 0, width, 100);
}
