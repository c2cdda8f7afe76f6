using System.Globalization;
using System.Text.Json;

namespace RucioOperator.Image;

/// <summary>What image/build asks for: <c>pack</c>, <c>show</c>, <c>push</c>, <c>bill</c>.</summary>
internal static class Commands
{
    private const string Usage = """
        rucio-image pack --name NAME:TAG --created SECONDS [--base BASE] --out FILE ARCHIVE...   one archive of all architectures, the same bytes each time
        rucio-image show FILE                                                                    platforms, digests and sizes
        rucio-image push FILE HOST/NAME:TAG [--bill BILL]                                        to a registry, with the bill of materials attached
        rucio-image bill --name NAME --version VERSION --created SECONDS [--base BASE] --out FILE ASSETS...   CycloneDX from what was restored
        """;

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, Func<string, string?> environment)
    {
        try
        {
            var words = Words.Of(arguments);
            switch (words.Command)
            {
                case "pack":
                    var target = words.Option("out");
                    var packed = Packing.Pack([.. words.Files.Select(ImageArchive.Read)], words.Name("name"), words.Time("created"), words.Optional("base"));
                    packed.Write(target, words.Time("created"));
                    await output.WriteLineAsync(Description.Of(packed));
                    return 0;
                case "show":
                    await output.WriteLineAsync(Description.Of(ImageArchive.Read(words.Files.Single())));
                    return 0;
                case "push":
                    var bill = words.Optional("bill");
                    await output.WriteLineAsync(await PushAsync(words.Files, bill is null ? null : await File.ReadAllBytesAsync(bill), environment));
                    return 0;
                case "bill":
                    await File.WriteAllTextAsync(words.Option("out"), BillOfMaterials.Of(words.Option("name"), words.Option("version"), words.Time("created"), words.Optional("base"), [.. words.Files.Select(RestoredPackages.Read)]));
                    return 0;
                default:
                    await errors.WriteLineAsync(Usage);
                    return 2;
            }
        }
        catch (Exception error) when (error is FormatException or IOException or InvalidDataException or InvalidOperationException or HttpRequestException or JsonException)
        {
            await errors.WriteLineAsync($"rucio-image: {error.Message}");
            return 1;
        }
    }

    private static async Task<string> PushAsync(IReadOnlyList<string> files, byte[]? bill, Func<string, string?> environment)
    {
        if (files is not [var file, var target])
            throw new FormatException("push: expected FILE HOST/NAME:TAG");
        var reference = ImageReference.Parse(target);
        using var registry = new Registry(reference, RegistryLogin.Find(reference.Host, environment));
        return $"{target}@{await registry.PushAsync(ImageArchive.Read(file), bill, CancellationToken.None)}";
    }

    private sealed record Words(string Command, IReadOnlyDictionary<string, string> Options, IReadOnlyList<string> Files)
    {
        public static Words Of(string[] arguments)
        {
            var (options, files) = (new Dictionary<string, string>(), new List<string>());
            for (var place = 1; place < arguments.Length; place++)
            {
                if (!arguments[place].StartsWith("--", StringComparison.Ordinal))
                    files.Add(arguments[place]);
                else if (place + 1 < arguments.Length)
                    options[arguments[place][2..]] = arguments[++place];
                else
                    throw new FormatException($"{arguments[place]}: a value is missing");
            }
            return new(arguments.FirstOrDefault() ?? "", options, files);
        }

        public string Option(string name) => Optional(name) ?? throw new FormatException($"--{name} is missing");

        public string? Optional(string name) => Options.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

        public ImageReference Name(string name) => ImageReference.Parse(Option(name));

        public DateTimeOffset Time(string name) => long.TryParse(Option(name), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : throw new FormatException($"--{name}: expected seconds since 1970");
    }
}
