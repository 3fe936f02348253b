using Soco.Recipes;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;
using Soco.Vision.Random;

namespace Soco.Pretraining.Views;

/// <summary>
/// The colors of a view (SoCo, section 4.1, after BYOL): jitter of brightness, contrast, saturation and hue in random order, grey, Gaussian
/// blur, solarise; each operation is torchvision's on 8-bit images.
/// </summary>
/// <param name="recipe">Probabilities and strengths.</param>
internal sealed class ColorChain(ColorRecipe recipe)
{
    /// <summary>Changes an image in place.</summary>
    /// <param name="image">The view.</param>
    /// <param name="view">1 for V1, to 4 for V4.</param>
    /// <param name="random">The view's draws.</param>
    public void Apply(RgbImage image, int view, ref CounterRandom random)
    {
        if (random.Bernoulli(recipe.JitterProbability))
        {
            Span<int> order = [0, 1, 2, 3];
            random.Shuffle(order);
            double brightness = Factor(ref random, recipe.Brightness);
            double contrast = Factor(ref random, recipe.Contrast);
            double saturation = Factor(ref random, recipe.Saturation);
            double hue = random.Uniform(-recipe.Hue, recipe.Hue);
            foreach (int operation in order)
            {
                switch (operation)
                {
                    case 0:
                        ColorTransforms.AdjustBrightness(image, brightness);
                        break;
                    case 1:
                        ColorTransforms.AdjustContrast(image, contrast);
                        break;
                    case 2:
                        ColorTransforms.AdjustSaturation(image, saturation);
                        break;
                    default:
                        ColorTransforms.AdjustHue(image, hue);
                        break;
                }
            }
        }

        if (random.Bernoulli(recipe.GreyProbability))
        {
            ColorTransforms.ToGrayscale(image);
        }

        if (random.Bernoulli(recipe.BlurProbability.Of(view)))
        {
            ColorTransforms.GaussianBlur(image, random.Uniform(recipe.BlurSigma.Low, recipe.BlurSigma.High));
        }

        if (random.Bernoulli(recipe.SolarizeProbability.Of(view)))
        {
            ColorTransforms.Solarize(image, recipe.SolarizeThreshold);
        }
    }

    private static double Factor(ref CounterRandom random, double strength) => random.Uniform(Math.Max(0, 1 - strength), 1 + strength);
}
