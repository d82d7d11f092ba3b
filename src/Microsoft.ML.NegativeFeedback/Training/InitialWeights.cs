using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The weights of a former model, with which training begins in the place of drawn ones.</summary>
/// <param name="Network">The network that they are of, for its item table and the shapes of the others.</param>
/// <param name="Values">The values of its parameters by name; of items the former model's.</param>
/// <param name="FormerKeys">[N + 1]: what key each item had there; 0 for one that is new, which is drawn.</param>
internal sealed record InitialWeights(Network Network, IReadOnlyDictionary<string, float[]> Values, int[] FormerKeys)
{
    /// <summary>A text that no other weights have.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>(FormerKeys));
        foreach (var (_, values) in Values.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
            hash.AppendData(MemoryMarshal.AsBytes<float>(values));
        return Convert.ToHexString(hash.GetHashAndReset())[..16];
    }

    /// <summary>Puts them in the place of a model's own.</summary>
    public void CopyTo(SequenceModel model)
    {
        foreach (var parameter in model.Network.Parameters)
            model.Write(parameter, parameter.Name == Network.Items.Name ? ItemTable(model.Read(parameter), Values[parameter.Name]) : Values[parameter.Name]);
    }

    private float[] ItemTable(float[] drawn, float[] former)
    {
        int width = Network.Settings.Width;
        for (int item = 1; item < FormerKeys.Length; item++)
        {
            if (FormerKeys[item] is > 0 and int key)
                former.AsSpan(key * width, width).CopyTo(drawn.AsSpan(item * width));
        }

        return drawn;
    }
}
