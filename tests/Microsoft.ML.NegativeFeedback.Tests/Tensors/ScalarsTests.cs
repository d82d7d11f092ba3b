using System.Runtime.CompilerServices;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

public sealed class ScalarsTests
{
    [Fact]
    public void A_number_lives_until_its_thread_has_made_more()
    {
        var made = Make(1.5);
        Collect();
        Assert.True(made.IsAlive);

        for (int i = 0; i < 100; i++)
            Make(i);
        Collect();
        Assert.False(made.IsAlive);
    }

    [Fact]
    public void Numbers_of_other_threads_do_not_displace_it()
    {
        var made = Make(1.5);
        var other = new Thread(() =>
        {
            for (int i = 0; i < 100; i++)
                Make(i);
        });
        other.Start();
        other.Join();
        Collect();
        Assert.True(made.IsAlive);
    }

    [Fact]
    public void A_range_counts_up()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([3L, 4, 5], Scalars.Range(3, 3, CPU).data<long>().ToArray());
    }

    // a frame of its own, so that no register holds on to the number
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Make(double value) => new(Scalars.Of(value));

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
