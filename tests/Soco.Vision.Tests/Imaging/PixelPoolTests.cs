using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

public class PixelPoolTests
{
    [Fact]
    public void Pixels_that_are_given_up_serve_the_next_image_of_their_size()
    {
        var image = new RgbImage(21, 13);
        image.Recycle();
        Assert.NotSame(image.Pixels, PixelPool.Rent(image.Pixels.Length - 1));
        Assert.Same(image.Pixels, PixelPool.Rent(image.Pixels.Length));
        Assert.NotSame(image.Pixels, PixelPool.Rent(image.Pixels.Length));
    }

    [Fact]
    public void The_array_that_waited_longest_makes_room()
    {
        byte[][] arrays = [.. Enumerable.Range(1, 9).Select(length => new byte[length])];
        Array.ForEach(arrays, PixelPool.Return);
        Assert.NotSame(arrays[0], PixelPool.Rent(1));
        Assert.Same(arrays[1], PixelPool.Rent(2));
        Assert.Same(arrays[8], PixelPool.Rent(9));
    }
}
