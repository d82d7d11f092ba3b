using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// The SHA-256 of a saved graph, in its own metadata. The entries of a zip have checksums, but nothing in .NET looks at them: of a file that lost a bit, <c>Model.Load</c> makes a model that scores
/// wrongly and says nothing.
/// </summary>
internal static class GraphHash
{
    private const string Property = "sha256";

    /// <summary>The bytes of a model with the hash of everything else in it.</summary>
    public static byte[] Seal(ModelProto model)
    {
        model.MetadataProps.Add(new StringStringEntryProto { Key = Property, Value = Of(model) });
        return model.ToByteArray();
    }

    /// <summary>Takes the hash out of a model. Returns whether there was one; versions of this library before it have written none.</summary>
    /// <exception cref="InvalidDataException">It is that of another model.</exception>
    public static bool Unseal(ModelProto model)
    {
        if (OnnxGraphBuilder.Metadata(model, Property) is not { } noted)
            return false;
        model.MetadataProps.Remove(model.MetadataProps.First(property => property.Key == Property));
        return noted == Of(model) ? true : throw Damage("its graph is another than the one that was saved");
    }

    /// <summary>What says that a file was damaged.</summary>
    public static InvalidDataException Damage(string what, Exception? cause = null)
        => new($"The model is damaged: {what}. Copy its file again from where it was saved, or train it again.", cause);

    private static string Of(ModelProto model)
    {
        using var hash = SHA256.Create();
        // a model may have gigabytes, which need not stand in memory once more
        using var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write);
        model.WriteTo(stream);
        stream.FlushFinalBlock();
        return Convert.ToHexString(hash.Hash!);
    }
}
