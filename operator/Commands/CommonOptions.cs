namespace RucioOperator.Commands;

/// <summary>Options that mean the same in every command; named as kubectl's.</summary>
public static class CommonOptions
{
    public static CommandOption Files { get; } = new("filename", 'f', "PATH", "manifests: a file, a folder (its .yaml, .yml and .json), or - for stdin", Repeats: true);
    public static CommandOption Recursive { get; } = new("recursive", 'R', null, "folders within folders, too");
    public static CommandOption Namespace { get; } = new("namespace", 'n', "NAME", "the namespace of what names none; default: the context's");
    public static CommandOption AllNamespaces { get; } = new("all-namespaces", 'A', null, "look at all namespaces");
    public static CommandOption Kubeconfig { get; } = new("kubeconfig", null, "PATH", "default: KUBECONFIG, ~/.kube/config, or the pod's own account");
    public static CommandOption Context { get; } = new("context", null, "NAME", "of the kubeconfig; default: its current one");
    public static CommandOption Output { get; } = new("output", 'o', "table|json", "for people (default), or for machines", Choices: ["table", "json"]);
    public static CommandOption Help { get; } = new("help", 'h', null, "this text");

    public static IReadOnlyList<CommandOption> Cluster { get; } = [Kubeconfig, Context];
}
