using System.Text;

namespace Microsoft.ML.NegativeFeedback.Tests.Building;

/// <summary>The build's rewriting of TorchSharp's library, on an ELF file of a few hundred bytes made for it.</summary>
public sealed class OldCppRuntimeTests : IDisposable
{
    private const string Uncalled = "_ZSt21ios_base_library_initv";
    private readonly string _folder = Directory.CreateTempSubdirectory("elf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void MarksTheVersionAloneAndOnlyOnce()
    {
        string path = Written(Elf(Uncalled, OldCppRuntime.Version));
        byte[] before = File.ReadAllBytes(path);
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc));

        Assert.True(OldCppRuntime.Mark(path));

        byte[] after = File.ReadAllBytes(path);
        int changed = Assert.Single(Enumerable.Range(0, before.Length), at => before[at] != after[at]);
        Assert.Equal((0, 2), (before[changed], after[changed]));
        Assert.Equal(FlagsOfSecondVersion, changed);
        Assert.Equal(new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc), File.GetLastWriteTimeUtc(path));
        Assert.False(OldCppRuntime.Mark(path));
        Assert.Equal(after, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void LeavesTheFileThatALinkPointsToAsItWas()
    {
        if (OperatingSystem.IsWindows())
            return;
        string package = Written(Elf(Uncalled, OldCppRuntime.Version)), output = Path.Combine(_folder, "output.so");
        byte[] before = File.ReadAllBytes(package);
        File.CreateSymbolicLink(output, package);

        Assert.True(OldCppRuntime.Mark(output));

        Assert.Equal(before, File.ReadAllBytes(package));
        Assert.NotEqual(before, File.ReadAllBytes(output));
    }

    [Fact]
    public void LeavesAFileThatDoesNotAskForTheVersion()
    {
        string path = Written(Elf(Uncalled, "GLIBCXX_3.4.31"));
        byte[] before = File.ReadAllBytes(path);

        Assert.False(OldCppRuntime.Mark(path));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void RefusesAFileThatCallsTheVersion()
    {
        string path = Written(Elf("_ZNSt7__cxx1112basic_stringE", OldCppRuntime.Version));
        byte[] before = File.ReadAllBytes(path);

        var error = Assert.Throws<InvalidDataException>(() => OldCppRuntime.Mark(path));
        Assert.Contains("_ZNSt7__cxx1112basic_stringE", error.Message);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void RefusesWhatIsNoElfFileAndWhatIsCutOff()
    {
        Assert.Throws<InvalidDataException>(() => OldCppRuntime.Mark(Written(Encoding.ASCII.GetBytes("#!/bin/sh\nexit 0\n"))));
        byte[] whole = Elf(Uncalled, OldCppRuntime.Version);
        for (int length = 64; length < whole.Length; length += 24)
            Assert.Throws<InvalidDataException>(() => OldCppRuntime.Mark(Written(whole[..length])));
    }

    [Fact]
    public void IsNeededWhereTheSystemsLibraryLacksTheVersion()
    {
        string library = Path.Combine(_folder, "libstdc++.so.6");
        Assert.False(OldCppRuntime.IsNeededHere(_folder));
        File.WriteAllText(library, "\0GLIBCXX_3.4.31\0GLIBCXX_3.4.3");
        Assert.True(OldCppRuntime.IsNeededHere(Path.Combine(_folder, "absent"), _folder));
        File.WriteAllText(library, "\0GLIBCXX_3.4.31\0GLIBCXX_3.4.32\0");
        Assert.False(OldCppRuntime.IsNeededHere(_folder));
    }

    private string Written(byte[] file)
    {
        string path = Path.Combine(_folder, "library.so");
        File.WriteAllBytes(path, file);
        return path;
    }

    // header (64), needed versions (16 + 2 · 16), versions of the symbols (2 · 2, padded to 8), symbols (2 · 24), names, section headers
    private const int FlagsOfSecondVersion = 64 + 16 + 16 + 4;

    // a library that needs two versions of libstdc++ and has one symbol, of the second version
    private static byte[] Elf(string symbol, string version)
    {
        const int needed = 64, versions = needed + 48, symbols = versions + 8, names = symbols + 48;
        string[] strings = ["", "libstdc++.so.6", "GLIBCXX_3.4", version, symbol];
        int NameOf(int index) => strings.Take(index).Sum(text => text.Length + 1);
        int headers = (names + NameOf(strings.Length) + 7) / 8 * 8;
        var file = new byte[headers + (5 * 64)];
        var writer = new BinaryWriter(new MemoryStream(file));
        void At(int offset) => writer.BaseStream.Position = offset;

        writer.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]);
        At(40);
        writer.Write((long)headers);
        At(58);
        writer.Write((ushort)64);
        writer.Write((ushort)5);

        At(needed);   // Elf64_Verneed, then two Elf64_Vernaux
        foreach (var (field, wide) in new[] { (1, false), (2, false), (NameOf(1), true), (16, true), (0, true) })
            Write(field, wide);
        foreach (var (hash, index, name, next) in new[] { (0x11, 2, NameOf(2), 16), (0x22, 3, NameOf(3), 0) })
        {
            foreach (var (field, wide) in new[] { (hash, true), (0, false), (index, false), (name, true), (next, true) })
                Write(field, wide);
        }

        At(versions);
        Write(0, wide: false);
        Write(3, wide: false);
        At(symbols + 24);
        Write(NameOf(4), wide: true);
        At(names);
        writer.Write(Encoding.ASCII.GetBytes(string.Join('\0', strings) + "\0"));

        Header(1, type: 11, symbols, size: 48, link: 2);
        Header(2, type: 3, names, NameOf(strings.Length), link: 0);
        Header(3, type: 0x6fffffff, versions, size: 4, link: 1);
        Header(4, type: 0x6ffffffe, needed, size: 48, link: 2);
        return file;

        void Write(int field, bool wide)
        {
            if (wide)
                writer.Write(field);
            else
                writer.Write((ushort)field);
        }

        void Header(int index, uint type, long offset, long size, int link)
        {
            At(headers + (index * 64) + 4);
            writer.Write(type);
            At(headers + (index * 64) + 24);
            writer.Write(offset);
            writer.Write(size);
            writer.Write(link);
        }
    }
}
