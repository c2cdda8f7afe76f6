using System.Formats.Tar;
using System.IO.Compression;

namespace RucioOperator.Image;

/// <summary>A layer's files without what differs from build to build.</summary>
internal static class Tree
{
    public const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = File | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static ReadOnlySpan<byte> Elf => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>
    /// The SDK stamps each entry with the time it was written and its own process id (dotnet/sdk pull request 55689 ends that), and makes
    /// every file executable. Here: sorted, one time, owned by root, and only programs are executable.
    /// </summary>
    /// <returns>The layer as tar, not compressed.</returns>
    public static byte[] Settled(byte[] layer, DateTimeOffset time)
    {
        using var settled = new MemoryStream();
        using (var tar = new TarWriter(settled, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var entry in Entries(layer).OrderBy(entry => entry.Name, StringComparer.Ordinal))
                tar.WriteEntry(entry.Content is null
                    ? new UstarTarEntry(TarEntryType.Directory, entry.Name) { ModificationTime = time, Mode = Executable }
                    : new UstarTarEntry(TarEntryType.RegularFile, entry.Name) { ModificationTime = time, Mode = entry.Content.AsSpan().StartsWith(Elf) ? Executable : File, DataStream = new MemoryStream(entry.Content) });
        }
        return settled.ToArray();
    }

    public static byte[] Compress(byte[] tar)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(tar);
        return compressed.ToArray();
    }

    /// <returns>Names without a leading ./ and a closing slash; no content: a folder.</returns>
    public static IEnumerable<(string Name, byte[]? Content)> Entries(byte[] layer)
    {
        using var tar = new TarReader(new GZipStream(new MemoryStream(layer), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            var name = (entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name).TrimEnd('/');
            if (entry.EntryType == TarEntryType.Directory)
                yield return (name, null);
            else if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                yield return (name, content.ToArray());
            }
            else
                throw new InvalidDataException($"{name}: the program's layer holds a {entry.EntryType}");
        }
    }
}
