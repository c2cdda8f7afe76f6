using System.Text.Json.Nodes;
using System.Threading.Channels;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>
/// The two controllers a namespace needs: garbage collection by owner, and termination of namespaces
/// and definitions. Works behind the writes, as in a real cluster: a cascade is seen a little later.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    private static readonly string[] Cascades = ["foregroundDeletion", "orphan"];

    private readonly ObjectStore _store;
    private readonly ResourceVerbs _verbs;
    private readonly TypeRegistry _types;
    private readonly WriteOptions _options = new("kube-controller-manager");
    private readonly Channel<Change> _changes = Channel.CreateUnbounded<Change>(new() { SingleReader = true });
    private readonly Task _work;

    public Collector(ObjectStore store, ResourceVerbs verbs, TypeRegistry types)
    {
        (_store, _verbs, _types) = (store, verbs, types);
        store.Changed += OnChanged;
        _work = Task.Run(WorkAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _store.Changed -= OnChanged;
        _changes.Writer.TryComplete();
        await _work;
    }

    /// <summary>Under the store's gate: definitions are served at once, the rest is queued when it concerns us.</summary>
    private void OnChanged(Change change)
    {
        var (kind, node) = (change.Kind, change.After!.Node);
        if (change.After.Storage == TypeRegistry.DefinitionStorage)
        {
            if (kind == ChangeKind.Deleted)
            {
                _types.Withdraw(node);
            }
            else
            {
                _types.Serve(node);
            }
        }

        if (kind == ChangeKind.Deleted || node.IsDeleting() || (kind == ChangeKind.Added && node.At("metadata", "ownerReferences") is not null))
        {
            _changes.Writer.TryWrite(change);
        }
    }

    private async Task WorkAsync()
    {
        await foreach (var change in _changes.Reader.ReadAllAsync())
        {
            lock (_store.Gate)
            {
                try
                {
                    Handle(change);
                }
                catch (ApiError)
                {
                    // Someone else was faster; the change that made it so is in the queue.
                }
            }
        }
    }

    private void Handle(Change change)
    {
        var subject = change.After!;
        if (change.Kind == ChangeKind.Deleted)
        {
            foreach (var dependent in _store.DependentsOf(subject.Uid))
            {
                CheckOwners(dependent);
            }

            foreach (var owner in subject.Node.At("metadata", "ownerReferences").Objects().Select(owner => _store.FindUid(owner.Text("uid") ?? "")))
            {
                FinishCascade(owner);
            }

            FinishNamespace(subject.Namespace);
            FinishDefinition(subject.Storage);
        }
        else if (_store.FindUid(subject.Uid) is { } live)
        {
            CheckOwners(live);
            Terminate(live);
        }
    }

    /// <summary>Deletes an object none of whose owners is left; drops dangling references otherwise.</summary>
    private void CheckOwners(StoredObject dependent)
    {
        var references = dependent.Node.At("metadata", "ownerReferences").Objects().ToList();
        var alive = references.Where(reference => _store.FindUid(reference.Text("uid") ?? "") is { } owner
            && (owner.Namespace.Length == 0 || owner.Namespace == dependent.Namespace)).ToList();
        if (alive.Count == references.Count)
        {
            return;
        }

        if (alive.Count == 0)
        {
            Delete(dependent, "Background");
        }
        else
        {
            Patch(dependent, node => node.Metadata()["ownerReferences"] = alive.Select(JsonNode (one) => one.DeepClone()).ToJsonArray());
        }
    }

    private void Terminate(StoredObject subject)
    {
        if (!subject.Node.IsDeleting())
        {
            return;
        }

        var finalizers = subject.Node.At("metadata", "finalizers").Texts().ToList();
        if (finalizers.Contains("orphan"))
        {
            foreach (var dependent in _store.DependentsOf(subject.Uid))
            {
                Patch(dependent, node => node.Metadata()["ownerReferences"] = node.At("metadata", "ownerReferences").Objects()
                    .Where(one => one.Text("uid") != subject.Uid).Select(JsonNode (one) => one.DeepClone()).ToJsonArray());
            }
        }
        else if (finalizers.Contains("foregroundDeletion"))
        {
            foreach (var dependent in _store.DependentsOf(subject.Uid))
            {
                Delete(dependent, "Foreground");
            }
        }

        FinishCascade(subject);
        if (subject.Storage == "namespaces")
        {
            foreach (var content in _store.Storages.SelectMany(storage => _store.List(storage, subject.Name)).ToList())
            {
                Delete(content, "Background");
            }

            FinishNamespace(subject.Name);
        }
        else if (subject.Storage == TypeRegistry.DefinitionStorage)
        {
            foreach (var instance in _store.List(subject.Name, null).ToList())
            {
                Delete(instance, "Background");
            }

            FinishDefinition(subject.Name);
        }
    }

    private void FinishCascade(StoredObject? owner)
    {
        var finalizers = owner?.Node.At("metadata", "finalizers").Texts().ToList() ?? [];
        if (owner is null || !finalizers.Intersect(Cascades).Any() || _store.DependentsOf(owner.Uid).Any(dependent => Blocks(dependent, owner.Uid)))
        {
            return;
        }

        Patch(owner, node => node.Metadata()["finalizers"] = finalizers.Except(Cascades).ToJsonArray());
    }

    private static bool Blocks(StoredObject dependent, string owner) => dependent.Node.At("metadata", "ownerReferences").Objects()
        .Any(reference => reference.Text("uid") == owner && reference.Flag("blockOwnerDeletion"));

    private void FinishNamespace(string name)
    {
        if (_store.Find("namespaces", "", name) is { } home && home.Node.IsDeleting() && !_store.AnyIn(name))
        {
            Patch(home, node => node.Child("spec")["finalizers"] = new JsonArray());
        }
    }

    private void FinishDefinition(string storage)
    {
        if (_store.Find(TypeRegistry.DefinitionStorage, "", storage) is { } definition && definition.Node.IsDeleting() && !_store.List(storage, null).Any())
        {
            Patch(definition, node => node.Metadata()["finalizers"] =
                node.At("metadata", "finalizers").Texts().Where(one => one != ResourceVerbs.DefinitionFinalizer).ToJsonArray());
        }
    }

    private void Delete(StoredObject subject, string propagation)
    {
        if (_store.FindUid(subject.Uid) is { } live && !live.Node.IsDeleting())
        {
            _verbs.Delete(_types.ForStorage(live.Storage), live.Namespace, live.Name, new() { Propagation = propagation });
        }
    }

    private void Patch(StoredObject subject, Action<JsonObject> change)
    {
        if (_store.FindUid(subject.Uid) is { } live)
        {
            var node = live.Node.Clone();
            change(node);
            var type = _types.ForStorage(live.Storage);
            _verbs.Update(type, live.Namespace, live.Name, node, _options);
        }
    }
}
