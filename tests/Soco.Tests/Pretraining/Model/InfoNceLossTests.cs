using Soco.Pretraining.Model;
using Soco.Recipes;
using TorchSharp;
using static Soco.Tests.Pretraining.Model.SmallBatches;
using static TorchSharp.torch;

namespace Soco.Tests.Pretraining.Model;

[Collection(Alone.Name)]
public sealed class InfoNceLossTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Distinct_boxes_lose_twice_the_temperature_times_libtorchs_cross_entropy()
    {
        // MoCo v3 itself: one box an image, every other image a negative.
        manual_seed(0);
        Tensor predictions = Unit(5, 1, 8).requires_grad_(),
            targets = Unit(5, 1, 8);
        Tensor reference = predictions.detach().clone().requires_grad_();
        Tensor loss = InfoNceLoss.OneWay(predictions, targets, ones(5, 1, 1), targets.view(5, 8), ones(5, 5) - eye(5), null, 0.2);
        Tensor expected = nn.functional.cross_entropy(reference.view(5, 8).mm(targets.view(5, 8).t()) / 0.2, arange(5)) * 0.4;
        loss.backward();
        expected.backward();

        Assert.Equal(expected.item<float>(), loss.item<float>(), 1e-5);
        Assert.True(predictions.grad!.allclose(reference.grad!, rtol: 1e-4, atol: 1e-6));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.3, 0)]
    [InlineData(0.3, 7)]
    public void It_is_the_sum_over_pairs_written_out(double sameImageIou, int queued)
    {
        SocoBatch batch = Batch(images: 3, perImage: 4, views: 2);
        (BoxSet first, BoxSet other) = (batch.Pairs[0].First, Repeated(batch.Pairs[0].Other));
        float[] matches = first.MatchesWith(other),
            negatives = first.NegativesFrom(other, matches, sameImageIou);
        Tensor predictions = Unit(3, 4, 6),
            targets = Unit(3, 4, 6),
            queue = cat([Unit(1, queued, 6)[0], zeros(2, 6)]);
        double measured = InfoNceLoss
            .OneWay(
                predictions,
                targets,
                tensor(matches, [3, 4, 4]),
                targets.view(12, 6),
                tensor(negatives, [12, 12]),
                queued > 0 ? queue : null,
                0.1
            )
            .item<float>();

        double[][] p = Rows(predictions.view(12, 6)),
            t = Rows(targets.view(12, 6)),
            q = Rows(queue)[..queued];
        double expected = 0;
        for (int image = 0; image < 3; image++)
        {
            double sum = 0;
            int pairs = 0;
            for (int i = 4 * image; i < 4 * image + 4; i++)
            {
                double[] own =
                [
                    .. Enumerable.Range(4 * image, 4).Where(j => first.Ids[i] == other.Ids[j]).Select(j => Dot(p[i], t[j]) / 0.1),
                ];
                double others =
                    Enumerable.Range(0, 12).Where(j => IsNegative(i, j)).Sum(j => Math.Exp(Dot(p[i], t[j]) / 0.1))
                    + q.Sum(row => Math.Exp(Dot(p[i], row) / 0.1));
                sum += own.Sum(logit => -Math.Log(Math.Exp(logit) / (Math.Exp(logit) + others)));
                pairs += own.Length;
            }

            expected += 0.2 * sum / pairs / 3;
        }

        Assert.Equal(expected, measured, 1e-4 * expected);

        bool IsNegative(int i, int j) =>
            i / 4 != j / 4
            || (
                sameImageIou > 0
                && Enumerable
                    .Range(4 * (i / 4), 4)
                    .Where(pair => other.Ids[pair] == first.Ids[i])
                    .All(pair => other.Ids[pair] != other.Ids[j] && Iou(other.Corners, pair, j) < sameImageIou)
            );
    }

    [Fact]
    public void Boxes_on_no_level_are_no_negatives()
    {
        BoxSet first = Boxes(2, 2, 1),
            other = new(2, 2, first.Corners, first.Ids, [0, BoxSet.NoLevel, 1, 2]);
        float[] negatives = first.NegativesFrom(other, first.MatchesWith(other), 0);

        Assert.Equal([0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0], negatives);
    }

    [Fact]
    public void Without_negatives_and_without_pairs_the_loss_and_its_gradient_are_zero()
    {
        Tensor predictions = Unit(2, 2, 4).requires_grad_();
        Tensor targets = Unit(2, 2, 4);
        Tensor loss =
            InfoNceLoss.OneWay(predictions, targets, ones(2, 2, 2), targets.view(4, 4), zeros(4, 4), null, 0.2)
            + InfoNceLoss.OneWay(predictions, targets, zeros(2, 2, 2), targets.view(4, 4), ones(4, 4), null, 0.2);
        loss.backward();

        Assert.Equal(0f, loss.item<float>());
        Assert.Equal(0f, predictions.grad!.abs().max().item<float>());
    }

    [Fact]
    public void The_queue_holds_the_newest_vectors_of_the_target_and_is_part_of_the_state()
    {
        SocoBatch batch = Batch(views: 2);
        SocoModel model = NewModel(
            Options with
            {
                Objective = new() { Kind = ObjectiveKind.Infonce, Queue = 30 },
            }
        );
        Tensor queue = model.named_buffers().Single(b => b.name == "queue_k").buffer;
        Assert.Equal(0f, queue.abs().max().item<float>());

        model.Learn(batch);
        Tensor once = queue.clone();
        Assert.Equal(
            Enumerable.Repeat(1f, 24).Concat(Enumerable.Repeat(0f, 6)),
            Rows(queue).Select(row => (float)Math.Round(Dot(row, row), 4))
        );
        model.Learn(Batch(views: 2, seed: 9));
        Assert.True(queue[TensorIndex.Slice(24)].allclose(once[TensorIndex.Slice(0, 6)]));
        Assert.True(SocoModel.IsOfTarget("queue_k"));
        Assert.DoesNotContain(model.TransferableState(), tensor => tensor.Name == "queue_k");
    }

    [Fact]
    public void Steps_tell_objects_from_others_better_and_better()
    {
        SocoBatch batch = Batch(views: 2);
        SocoModel model = NewModel(
            Options with
            {
                Objective = new() { Kind = ObjectiveKind.Infonce, SameImageIou = 0.1 },
            }
        );
        using var optimizer = new Soco.Optimization.AdamW([.. model.TrainableParameters()], 0);
        double before = model.Learn(batch).Loss,
            after = 0;
        for (int step = 0; step < 8; step++)
        {
            optimizer.Step(0.003);
            optimizer.ZeroGradients();
            after = model.Learn(batch).Loss;
        }

        Assert.True(after < 0.8 * before, $"{before} to {after}");
    }

    private static BoxSet Repeated(BoxSet set) =>
        new(set.Images, set.PerImage, set.Corners, [.. set.Ids.Select(id => id == 4 ? 1 : id)], set.Levels);

    private static Tensor Unit(params long[] shape) => nn.functional.normalize(randn(shape), p: 2, dim: -1);

    private static double[][] Rows(Tensor table) =>
        [.. Enumerable.Range(0, (int)table.shape[0]).Select(row => table[row].to_type(ScalarType.Float64).data<double>().ToArray())];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Iou(float[] corners, int a, int b)
    {
        float[] c = corners[(4 * a)..(4 * a + 4)],
            d = corners[(4 * b)..(4 * b + 4)];
        double w = Math.Max(0, Math.Min(c[2], d[2]) - Math.Max(c[0], d[0])),
            h = Math.Max(0, Math.Min(c[3], d[3]) - Math.Max(c[1], d[1]));
        return w * h / ((c[2] - c[0]) * (c[3] - c[1]) + (d[2] - d[0]) * (d[3] - d[1]) - w * h);
    }
}
