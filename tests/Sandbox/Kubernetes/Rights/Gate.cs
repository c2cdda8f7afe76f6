using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Rights;

/// <summary>Who asks, by token, and whether they may. Whoever is not known here may do everything.</summary>
public sealed class Gate
{
    private readonly ConcurrentDictionary<string, Access> _users = [];

    /// <summary>Where it is written down.</summary>
    public UsedRights Used { get; set; } = UsedRights.OfTheRun;

    /// <summary>Rights that may change while their user works, as Roles do.</summary>
    public void Admit(string token, Access access) => _users[token] = access;

    /// <summary>The answer to an access review: of the user that asks, or of the one that is asked about.</summary>
    internal bool Allows(string authorization, JsonObject review)
    {
        var user = review.Text("spec", "user") is { } name ? _users.Values.FirstOrDefault(access => access.User == name) : UserOf(authorization);
        var asked = review.At("spec", "resourceAttributes");
        return user is null || asked is null || user.Find(Of("verb"), Right.ResourceOf(Of("group"), Of("resource"), Of("subresource")), Of("namespace"), Of("name")).Count > 0;

        string Of(string attribute) => asked.Text(attribute) ?? "";
    }

    /// <exception cref="ApiError">Forbidden.</exception>
    /// <param name="exists">Whether the object of a server-side apply is there: to make one takes two rights.</param>
    internal void Check(string authorization, ApiRequest request, byte[] body, Func<bool> exists)
    {
        if (request.Resource.Length == 0 || IsOfEverybody(request))
        {
            return;
        }

        if (UserOf(authorization) is not { } user)
        {
            if (IsOperator(request.UserAgent))
            {
                Used.Deny($"{request.Verb} {request.Resource} by an operator that a test started with an administrator's rights: {request.UserAgent}");
            }

            return;
        }

        var resource = Right.ResourceOf(request.Group, request.Resource, request.Subresource);
        Need(user, request.Verb, request.Group, resource, request.Namespace, request.Name);
        if (request.IsApply && request.Subresource.Length == 0 && !exists())
        {
            Need(user, "create", request.Group, resource, request.Namespace, request.Name);
        }

        // No rule can say it, so it is said here.
        if (resource == "secrets" && request.Verb is "list" or "watch" && !request.IsOfMetadata && !request.Query.Contains("labelSelector=", StringComparison.Ordinal))
        {
            Used.Deny($"{request.Verb} of whole Secrets without a label selector");
            throw user.Forbidden(request.Verb, "", resource, request.Namespace, "");
        }

        foreach (var (group, plural) in BlockedOwners(request, body))
        {
            Need(user, "update", group, Right.ResourceOf(group, plural, "finalizers"), request.Namespace, "");
        }
    }

    private Access? UserOf(string authorization) =>
        authorization.StartsWith("Bearer ", StringComparison.Ordinal) ? _users.GetValueOrDefault(authorization["Bearer ".Length..]) : null;

    private void Need(Access user, string verb, string group, string resource, string ns, string name)
    {
        switch (user.Find(verb, resource, ns, name))
        {
            case [var right]:
                Used.Add(right);
                return;
            // Of two rules it shows of neither that it is needed.
            case [_, _, ..]:
                return;
        }

        if (!user.Closed.Contains(ns) && !(resource == "namespaces" && user.Closed.Contains(name)))
        {
            Used.Deny($"{verb} {resource} {(ns.Length == 0 ? "everywhere" : $"in {ns}")} {name}".TrimEnd());
        }

        throw user.Forbidden(verb, group, resource, ns, name);
    }

    /// <summary>The server's own role system:basic-user.</summary>
    private static bool IsOfEverybody(ApiRequest request) =>
        request is { Verb: "create", Group: "authorization.k8s.io", Resource: "selfsubjectaccessreviews" or "selfsubjectrulesreviews" };

    /// <summary>Not one of its commands, which people run.</summary>
    private static bool IsOperator(string agent) =>
        agent.StartsWith("rucio-operator/", StringComparison.Ordinal) && agent.Contains('(', StringComparison.Ordinal) && !agent.EndsWith("(rucio-operator)", StringComparison.Ordinal) && !agent.EndsWith("(kubectl rucio)", StringComparison.Ordinal);

    /// <summary>The plugin OwnerReferencesPermissionEnforcement looks at owners that wait for what they own.</summary>
    private static IEnumerable<(string Group, string Plural)> BlockedOwners(ApiRequest request, byte[] body) =>
        request.Verb is not ("create" or "update" or "patch") || !Json.TryParseObject(body, out var node) || node is not JsonObject sent ? []
            : from owner in sent.At("metadata", "ownerReferences") as JsonArray ?? []
              where owner.At("blockOwnerDeletion")?.GetValue<bool>() == true
              select (owner!.Text("apiVersion")!.Split('/')[0], owner!.Text("kind")!.ToLowerInvariant() + "s");
}
