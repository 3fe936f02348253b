using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

public sealed class PixelBudgetTests
{
    [Fact]
    public void Images_wait_until_there_is_room_for_them()
    {
        var budget = new PixelBudget(10);
        PixelBudget.Share held = budget.Enter(8);
        using (budget.Enter(2)) { }

        using var entered = new ManualResetEventSlim();
        var waiting = new Thread(() =>
        {
            using PixelBudget.Share share = budget.Enter(3);
            entered.Set();
        });
        waiting.Start();

        Assert.False(entered.Wait(200));
        held.Dispose();
        Assert.True(entered.Wait(30_000));
        waiting.Join();
    }

    [Fact]
    public void An_image_larger_than_the_budget_waits_for_all_of_it()
    {
        var budget = new PixelBudget(10);
        using (budget.Enter(1000)) { }

        using PixelBudget.Share all = budget.Enter(10);
    }
}
