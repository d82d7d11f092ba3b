using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Where the bytes of a model are: in a file of the user's, which stays open, or in memory, once loaded from a zip.</summary>
internal sealed class OnnxModelSource : IDisposable
{
    private readonly FileStream _file;
    private readonly byte[] _bytes;

    private OnnxModelSource(FileStream file, byte[] bytes)
    {
        _file = file;
        _bytes = bytes;
    }

    public static OnnxModelSource OfFile(string path)
    {
        Check.NonEmpty(path, "ModelFile");
        return File.Exists(path)
            ? new OnnxModelSource(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete), null)
            : throw new IOException($"Model file {path} does not exists.");
    }

    public static OnnxModelSource OfBytes(byte[] bytes) => new(null, bytes);

    public InferenceSession OpenSession(SessionOptions options) =>
        _bytes is null ? new InferenceSession(_file.Name, options) : new InferenceSession(_bytes, options);

    /// <summary>All bytes. A file is read anew, so it has to be there still.</summary>
    public byte[] ReadAll() => _bytes ?? File.ReadAllBytes(_file.Name);

    public void Dispose() => _file?.Dispose();
}
