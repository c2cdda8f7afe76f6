using NUnit.Framework;
using RucioOperator.Commands;
using RucioOperator.Commands.Manifests;

namespace RucioOperator.Tests.Commands.Manifests;

public sealed class ManifestReaderTests
{
    private const string Two = """
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: sky, namespace: rucio}
        spec:
          tag: sky
          accounts:
            - name: alice
              attributes:
                site.name: x
        ---
        # nothing but a remark
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: key}
        """;

    [Test]
    public void Each_object_knows_its_lines()
    {
        var set = Read(Two);
        Assert.That(set.Errors, Is.Empty);
        Assert.That(set.Documents.Select(d => d.ToString()), Is.EqualTo((string[])["VirtualOrganisation rucio/sky", "Secret home/key"]));
        var vo = set.Documents[0];
        Assert.That((string[])[vo.Place("spec.tag"), vo.Place("spec.accounts[0].name"), vo.Place("spec.accounts[0].attributes[site.name]"), vo.Place("spec.instanceRef.name"), vo.Place("nowhere")],
            Is.EqualTo((string[])["stdin:5", "stdin:7", "stdin:9", "stdin:4", "stdin:1"]));
        Assert.That(set.Documents[1].Place("metadata.name"), Is.EqualTo("stdin:15"));
    }

    [Test]
    public void Items_of_a_List_are_objects_of_their_own()
    {
        var set = Read("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: key");
        Assert.That(set.Documents.Single().ToString(), Is.EqualTo("Secret home/key"));
        Assert.That(set.Documents.Single().Place("metadata.name"), Is.EqualTo("stdin:7"));
    }

    [TestCase("a: [", "is no YAML")]
    [TestCase("a: 1\na: 2", "stdin:2: is no YAML: Duplicate key")]
    [TestCase("- 1", "stdin:1: is no object of Kubernetes")]
    [TestCase("kind: Secret\nmetadata: {name: a}", "stdin:1: apiVersion is required")]
    [TestCase("apiVersion: v1\nkind: Secret\nmetadata:\n  generateName: a", "stdin:3: metadata.name is required")]
    [TestCase("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: a}", "stdin:7: Secret home/a is in this set already, at stdin:3")]
    public void What_is_no_object_is_said_with_its_line(string text, string error) =>
        Assert.That(Read(text).Errors.Select(e => e.ToString()), Has.Some.StartsWith(error).Or.Some.Contains(error));

    [Test]
    public void A_namespace_that_was_asked_for_is_the_only_one() =>
        Assert.That(Read(Two, only: true).Errors.Single().ToString(), Is.EqualTo("stdin:3: VirtualOrganisation rucio/sky is of another namespace than --namespace home"));

    [Test]
    public void A_folder_is_read_in_name_order_and_others_only_when_asked_for()
    {
        var folder = Directory.CreateTempSubdirectory("manifests-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "below"));
            foreach (var (file, name) in new[] { ("20.yaml", "b"), ("10.yml", "a"), ("30.json", "c"), ("notes.md", "x"), ("below/40.yaml", "d") })
                File.WriteAllText(Path.Combine(folder, file), $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}");
            Assert.That(Names(CommonOptions.Files), Is.EqualTo("a b c"));
            Assert.That(Names(CommonOptions.Files, CommonOptions.Recursive), Is.EqualTo("a b c d"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string Names(params CommandOption[] options) => string.Join(' ', ManifestReader.Read(Input(options.ToDictionary(o => o, o => (IReadOnlyList<string>)[folder])), "home", only: false).Documents.Select(d => d.Key.Name));
    }

    [TestCase("/nowhere/at-all.yaml")]
    [TestCase("/proc/self/fdinfo")]
    public void A_path_without_manifests_is_refused_by_name(string path) =>
        Assert.That(() => ManifestReader.Read(Input(new Dictionary<CommandOption, IReadOnlyList<string>> { [CommonOptions.Files] = [path] }), "home", only: false), Throws.TypeOf<CommandException>().With.Message.StartsWith($"-f {path}: "));

    private static ManifestSet Read(string text, bool only = false) => ManifestReader.Read(Input(new Dictionary<CommandOption, IReadOnlyList<string>> { [CommonOptions.Files] = ["-"] }, text), "home", only);

    private static CommandInput Input(IReadOnlyDictionary<CommandOption, IReadOnlyList<string>> values, string text = "") =>
        new("rucio-operator", values, [], new CommandWorld(new StringReader(text), TextWriter.Null, TextWriter.Null, _ => null, TimeProvider.System));
}
