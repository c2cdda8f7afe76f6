using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Apply;

/// <summary>
/// A set of field paths as a tree, in the steps of managedFields:
/// <c>f:name</c>, <c>k:{"name":"x"}</c> (item of a keyed list), <c>v:"x"</c> (item of a set).
/// </summary>
internal sealed class FieldSet
{
    private SortedDictionary<string, FieldSet>? _children;

    /// <summary>The path that ends here is in the set.</summary>
    public bool Member { get; set; }

    public bool IsEmpty => !Member && _children is null;

    public IEnumerable<KeyValuePair<string, FieldSet>> Children => _children ?? Enumerable.Empty<KeyValuePair<string, FieldSet>>();

    public FieldSet? this[string step] => _children?.GetValueOrDefault(step);

    public FieldSet Grow(string step)
    {
        _children ??= new(StringComparer.Ordinal);
        return _children.TryGetValue(step, out var child) ? child : _children[step] = new();
    }

    /// <summary>Takes a whole branch over; an empty one changes nothing.</summary>
    public void Add(string step, FieldSet branch)
    {
        if (!branch.IsEmpty)
        {
            Grow(step).UnionWith(branch);
        }
    }

    public void Drop(params ReadOnlySpan<string> path)
    {
        if (path.Length == 1)
        {
            _children?.Remove(path[0]);
        }
        else
        {
            this[path[0]]?.Drop(path[1..]);
        }

        Trim();
    }

    public void UnionWith(FieldSet other)
    {
        Member |= other.Member;
        foreach (var (step, child) in other.Children)
        {
            Grow(step).UnionWith(child);
        }
    }

    public void ExceptWith(FieldSet other)
    {
        Member &= !other.Member;
        foreach (var (step, child) in other.Children)
        {
            this[step]?.ExceptWith(child);
        }

        Trim();
    }

    public FieldSet Intersect(FieldSet other)
    {
        var both = new FieldSet { Member = Member && other.Member };
        foreach (var (step, child) in Children)
        {
            if (other[step] is { } match)
            {
                both.Add(step, child.Intersect(match));
            }
        }

        return both;
    }

    public FieldSet Copy()
    {
        var copy = new FieldSet();
        copy.UnionWith(this);
        return copy;
    }

    /// <summary>As the server prints them: <c>.spec.containers[name="x"].image</c>.</summary>
    public IEnumerable<string> Paths(string prefix = "")
    {
        if (Member)
        {
            yield return prefix;
        }

        foreach (var path in Children.SelectMany(child => child.Value.Paths(prefix + Shown(child.Key))))
        {
            yield return path;
        }
    }

    public JsonObject ToJson()
    {
        var node = new JsonObject();
        if (Member && _children is not null)
        {
            node["."] = new JsonObject();
        }

        foreach (var (step, child) in Children)
        {
            node[step] = child.ToJson();
        }

        return node;
    }

    public static FieldSet Parse(JsonObject? node)
    {
        var set = new FieldSet { Member = node is { Count: 0 } };
        foreach (var (step, child) in node ?? [])
        {
            if (step == ".")
            {
                set.Member = true;
            }
            else
            {
                set.Grow(step).UnionWith(Parse(child as JsonObject));
            }
        }

        return set;
    }

    private void Trim()
    {
        foreach (var empty in Children.Where(child => child.Value.IsEmpty).Select(child => child.Key).ToList())
        {
            _children!.Remove(empty);
        }

        if (_children is { Count: 0 })
        {
            _children = null;
        }
    }

    private static string Shown(string step) => step[0] switch
    {
        'k' => $"[{string.Join(",", JsonNode.Parse(step[2..])!.AsObject().Select(key => $"{key.Key}={key.Value?.ToJsonString()}"))}]",
        'v' => $"[={step[2..]}]",
        _ => $".{step[2..]}",
    };
}
