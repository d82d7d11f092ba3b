using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>
/// The contrastive term of SASRec_c as its published code computes it, for parity with it: row b·T + t is paired with the negatives of
/// user (b·T + t) mod B, padding counts as positive, a position without a next positive takes the item at position 0, keys that are
/// missing are zero vectors with similarity 0, and the mean runs over all B·T rows. <see cref="ContrastItems.OfWhole"/> is what it means.
/// </summary>
internal static class PublishedInfoNce
{
    /// <summary>Adds the loss of a batch that is one slice, and its gradients by autograd.</summary>
    public static void Accumulate(
        NextItemModel model, SequenceSlice slice, long[] isNegative, double weight, GradientSums sums, int contrastTerm)
    {
        using var scope = NewDisposeScope();
        var items = model.Of(model.Network.Items);
        long width = items.shape[1];
        var inputs = tensor(slice.Items.ToArray()).view(slice.Count, slice.Length);
        var isSkip = tensor(isNegative).view(-1, 1).ne(0);
        var isQuery = tensor(QueryMask(slice, isNegative)).view(-1, 1).ne(0);
        // the lookup of padding passes no gradient on, though row 0 is trained elsewhere
        var isItem = inputs.view(-1, 1).ne(0);
        var looked = items.index_select(0, inputs.view(-1));
        var keys = where(isItem, looked, looked.detach());
        var hidden = model.Hidden(inputs, SequenceKind.Whole).view(-1, width);

        var query = nn.functional.normalize(hidden.mul(isQuery), dim: -1);
        var positive = nn.functional.normalize(keys.index_select(0, tensor(NextPositives(slice, isNegative))).mul(isQuery), dim: -1);
        var negatives = nn.functional.normalize(keys.mul(isSkip), dim: -1).view(slice.Count, slice.Length, width);
        var pairing = arange(slice.Items.Length).remainder(slice.Count);
        var negativeLogits = negatives.index_select(0, pairing).matmul(query.unsqueeze(2)).squeeze(2);
        var logits = cat([query.mul(positive).sum(1, keepdim: true), negativeLogits], 1).div(Scalars.Of(ContrastItems.InfoNceTemperature));
        var losses = logits.logsumexp(1).sub(logits.narrow(1, 0, 1).squeeze(1));
        sums.Losses.Add(contrastTerm, losses.detach().sum());
        var parameters = model.Parameters.Select(parameter => parameter.Values).ToArray();
        var gradients = autograd.grad([losses.mean().mul(weight)], parameters);
        using var noGradient = no_grad();
        for (int i = 0; i < parameters.Length; i++)
            sums.Of(parameters[i]).add_(gradients[i]);
    }

    // every position but the last whose input is not negative
    private static long[] QueryMask(SequenceSlice slice, long[] isNegative)
    {
        var mask = new long[isNegative.Length];
        for (int i = 0; i < mask.Length; i++)
            mask[i] = isNegative[i] == 0 && (i + 1) % slice.Length != 0 ? 1 : 0;
        return mask;
    }

    private static long[] NextPositives(SequenceSlice slice, long[] isNegative)
    {
        var next = new long[isNegative.Length];
        for (int start = 0; start < next.Length; start += slice.Length)
        {
            int closest = start;
            for (int i = start + slice.Length - 1; i >= start; i--)
            {
                next[i] = closest;
                if (isNegative[i] == 0)
                    closest = i;
            }
        }

        return next;
    }
}
