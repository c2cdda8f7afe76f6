using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>The operator may do what the chart's roles let it do; the server itself is asked, one right at a time.</summary>
internal static class RightsCheck
{
    private const string Group = "authorization.k8s.io";
    private const int AtOnce = 8, Told = 8;

    public static async Task RunAsync(KubeApi api, OperatorSeen seen, Notes notes, CancellationToken ct)
    {
        var wanted = Places(seen).ToList();
        var allowed = new bool[wanted.Count];
        await Parallel.ForEachAsync(wanted.Index(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (one, token) => allowed[one.Index] = await AskAsync(api, seen, one.Item.Right, one.Item.Namespace, token));
        var who = seen.Account is null ? "this account" : $"ServiceAccount {seen.Namespace}/{seen.Account}";
        if (wanted.Where((_, n) => !allowed[n]).ToList() is [_, ..] missing)
        {
            notes.Error("RightsMissing", $"{who} lacks {missing.Count} of {wanted.Count} rights: {string.Join("; ", missing.Take(Told).Select(m => $"{m.Right}{(m.Namespace.Length == 0 ? "" : $" in {m.Namespace}")}"))}{(missing.Count > Told ? "; …" : "")}", "let the chart make its roles (rbac.create, rbac.scope, namespaces), or grant what is missing");
        }
        else
        {
            notes.Ok($"{who} has all {wanted.Count} rights that the operator uses{(seen.Options.Namespaces.Count == 0 ? "" : $" in {string.Join(", ", seen.Options.Namespaces)}")}");
        }
    }

    /// <summary>Where each right is needed; empty: in the whole cluster.</summary>
    private static IEnumerable<(Right Right, string Namespace)> Places(OperatorSeen seen)
    {
        var watched = seen.Options.Namespaces;
        foreach (var right in Right.All)
        {
            IEnumerable<string> places = right.Section switch
            {
                Right.Watched => watched.Count == 0 ? [""] : watched,
                Right.Cluster => watched.Count == 0 ? [""] : [],
                _ => [seen.Namespace],
            };
            foreach (var place in places)
            {
                yield return (right, place);
            }
        }
    }

    private static async Task<bool> AskAsync(KubeApi api, OperatorSeen seen, Right right, string ns, CancellationToken ct)
    {
        var spec = new JsonObject
        {
            ["resourceAttributes"] = new JsonObject
            {
                ["verb"] = right.Verb,
                ["group"] = right.Group,
                ["resource"] = right.Resource,
                ["subresource"] = right.Subresource,
                // The API reads a namespace's own path as lying in that namespace.
                ["name"] = right.Resource == "namespaces" && ns.Length > 0 ? ns : right.Name,
                ["namespace"] = ns,
            },
        };
        var kind = new ResourceKind(Group, "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews");
        if (seen.Account is { } account)
        {
            kind = new ResourceKind(Group, "v1", "SubjectAccessReview", "subjectaccessreviews");
            spec["user"] = $"system:serviceaccount:{seen.Namespace}:{account}";
            spec["groups"] = new JsonArray("system:serviceaccounts", $"system:serviceaccounts:{seen.Namespace}", "system:authenticated");
        }
        var answer = await api.CreateAsync(UntypedObject.Of(kind, new V1ObjectMeta(), spec), "rucio-operator", ct);
        return answer.Status?["allowed"]?.GetValue<bool>() == true;
    }
}
