using System;
using System.IO;
using System.Linq;
using System.Text;

#if !TESTING
/// <summary>The build's task: marks the files that exist, on systems that need it.</summary>
public sealed class MarkTorchSharpLibrary : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public Microsoft.Build.Framework.ITaskItem[] Files { get; set; }

    /// <summary>Marks whatever this system's own libstdc++ has.</summary>
    public bool Always { get; set; }

    public override bool Execute()
    {
        var files = Files.Select(file => file.ItemSpec).Where(File.Exists).ToArray();
        if (files.Length == 0 || !(Always || OldCppRuntime.IsNeededHere("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib64")))
            return true;
        try
        {
            foreach (var file in files.Where(OldCppRuntime.Mark))
                Log.LogMessage("Marked {0} in {1} as one that this system may lack.", OldCppRuntime.Version, file);
        }
        catch (Exception exception) when (exception is InvalidDataException || exception is IOException || exception is UnauthorizedAccessException)
        {
            Log.LogWarning("{0} TorchSharp will not load here.", exception.Message);
        }

        return !Log.HasLoggedErrors;
    }
}
#endif

/// <summary>
/// TorchSharp's native library asks libstdc++ for the symbol version GLIBCXX_3.4.32 (GCC 13), for one symbol alone that it never calls. The loader of an older system
/// (Debian 12, Ubuntu 22.04, RHEL 9) refuses the file for it. Marked as weak, a version may be missing. The file is little-endian ELF for 64 bits.
/// </summary>
public static class OldCppRuntime
{
    /// <summary>The version of libstdc++'s symbols that older systems lack.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    // what <iostream> of GCC 13 refers to; there is no relocation for it, so nothing ever calls it
    private const string UncalledSymbol = "_ZSt21ios_base_library_initv";
    private const uint DynamicSymbols = 11, SymbolVersions = 0x6fffffff, NeededVersions = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <summary>Whether the system's libstdc++ is there and lacks the version.</summary>
    public static bool IsNeededHere(params string[] folders)
    {
        var library = folders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        return library != null && Find(File.ReadAllBytes(library), Encoding.ASCII.GetBytes(Version + "\0")) < 0;
    }

    /// <summary>
    /// Marks the version as weak. The new file takes the old one's place whole, so that a hard link to a package's file leaves that as it was,
    /// and keeps its time, so that the next build does not copy the file again.
    /// </summary>
    /// <returns>Whether the file was changed; it is not where it does not ask for the version or was marked before.</returns>
    /// <exception cref="InvalidDataException">The file is no such ELF file, or needs the version for more than the symbol that is never called.</exception>
    public static bool Mark(string path)
    {
        var file = File.ReadAllBytes(path);
        int flags = FlagsOf(file, path);
        if (flags < 0 || (BitConverter.ToUInt16(file, flags) & Weak) != 0)
            return false;
        file[flags] |= (byte)Weak;
        string temporary = path + "." + Guid.NewGuid().ToString("N");
        try
        {
            File.WriteAllBytes(temporary, file);
            File.SetLastWriteTimeUtc(temporary, File.GetLastWriteTimeUtc(path));
            File.Delete(path);
            File.Move(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }

        return true;
    }

    // where the flags of the version stand in the file, or -1
    private static int FlagsOf(byte[] file, string path)
    {
        try
        {
            if (file.Length < 64 || BitConverter.ToUInt32(file, 0) != 0x464c457f || file[4] != 2 || file[5] != 1)
                throw new InvalidDataException("'" + path + "' is no little-endian ELF file for 64 bits.");
            if (Header(file, BitConverter.ToUInt16(file, 60)) > file.Length)
                throw new InvalidDataException("'" + path + "' is cut off before the end of its section headers.");
            int needed = Section(file, NeededVersions);
            if (needed < 0)
                return -1;
            int names = Offset(file, Linked(file, needed));
            for (int library = Offset(file, needed), next = 1; next != 0; library += next)
            {
                int entry = library + (int)BitConverter.ToUInt32(file, library + 8);
                for (int count = BitConverter.ToUInt16(file, library + 2); count > 0; count--)
                {
                    if (Text(file, names + (int)BitConverter.ToUInt32(file, entry + 8)) == Version)
                    {
                        RefuseCalledSymbols(file, BitConverter.ToUInt16(file, entry + 6), path);
                        return entry + 4;
                    }

                    entry += (int)BitConverter.ToUInt32(file, entry + 12);
                }

                next = (int)BitConverter.ToUInt32(file, library + 12);
            }

            return -1;
        }
        catch (Exception exception) when (exception is ArgumentException || exception is IndexOutOfRangeException || exception is OverflowException)
        {
            throw new InvalidDataException("'" + path + "' is a broken ELF file.", exception);
        }
    }

    private static void RefuseCalledSymbols(byte[] file, ushort version, string path)
    {
        int symbols = Section(file, DynamicSymbols), versions = Section(file, SymbolVersions);
        if (symbols < 0 || versions < 0)
            return;
        int names = Offset(file, Linked(file, symbols)), count = (int)BitConverter.ToUInt64(file, symbols + 32) / 24;
        for (int symbol = 0; symbol < count; symbol++)
        {
            if ((BitConverter.ToUInt16(file, Offset(file, versions) + (2 * symbol)) & 0x7fff) != version)
                continue;
            string name = Text(file, names + (int)BitConverter.ToUInt32(file, Offset(file, symbols) + (24 * symbol)));
            if (name != UncalledSymbol)
                throw new InvalidDataException("'" + path + "' calls " + name + " of " + Version + ", which this system's libstdc++ lacks: install GCC 13's libstdc++.");
        }
    }

    // where the header of the first section of a type stands, or -1
    private static int Section(byte[] file, uint type)
    {
        for (int index = 0, count = BitConverter.ToUInt16(file, 60); index < count; index++)
        {
            if (BitConverter.ToUInt32(file, Header(file, index) + 4) == type)
                return Header(file, index);
        }

        return -1;
    }

    private static int Header(byte[] file, int index) => checked((int)BitConverter.ToUInt64(file, 40) + (index * BitConverter.ToUInt16(file, 58)));

    private static int Offset(byte[] file, int header) => checked((int)BitConverter.ToUInt64(file, header + 24));

    private static int Linked(byte[] file, int header) => Header(file, (int)BitConverter.ToUInt32(file, header + 40));

    private static string Text(byte[] file, int start) => Encoding.ASCII.GetString(file, start, Array.IndexOf(file, (byte)0, start) - start);

    private static int Find(byte[] file, byte[] wanted)
    {
        for (int start = Array.IndexOf(file, wanted[0]); start >= 0 && start <= file.Length - wanted.Length; start = Array.IndexOf(file, wanted[0], start + 1))
        {
            int length = 1;
            while (length < wanted.Length && file[start + length] == wanted[length])
                length++;
            if (length == wanted.Length)
                return start;
        }

        return -1;
    }
}
