using RucioOperator.Api;
using RucioOperator.Api.Presets;
using RucioOperator.Observed;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Desired;

/// <summary>Endpoints → Rucio's protocols.</summary>
internal static class DesiredProtocols
{
    public static IReadOnlyList<ObservedProtocol> Of(StorageElementSpec spec, Preset preset)
    {
        var endpoints = (spec.Endpoints ?? []).Select(e => (Spec: e, Url: Endpoint.Parse(e.Url))).ToList();
        var schemes = endpoints.Select(e => preset.Schemes.GetValueOrDefault(e.Url.Scheme)).ToList();

        // First in the list is tried first; Rucio draws lots between equal priorities (lib/rucio/rse/rsemanager.py, select_protocol).
        var lanRead = Column(i => Lan(i, "read", l => l.Read));
        var lanWrite = Column(i => Lan(i, "write", l => l.Write));
        var lanDelete = Column(i => Lan(i, "delete", l => l.Delete));
        var wanRead = Column(i => Wan(i, "read", w => w.Read));
        var wanWrite = Column(i => Wan(i, "write", w => w.Write));
        var wanDelete = Column(i => Wan(i, "delete", w => w.Delete));
        var copyRead = Column(i => Copy(i, w => w.ThirdPartyCopyRead));
        var copyWrite = Column(i => Copy(i, w => w.ThirdPartyCopyWrite));

        return [.. endpoints.Select((e, i) => new ObservedProtocol(preset.SchemeOf(e.Url.Scheme), e.Url.Host, e.Url.Port, e.Url.Prefix, e.Spec.Impl ?? schemes[i]?.Implementation.Value ?? "", new ProtocolPriorities
        {
            LanRead = lanRead[i],
            LanWrite = lanWrite[i],
            LanDelete = lanDelete[i],
            WanRead = wanRead[i],
            WanWrite = wanWrite[i],
            WanDelete = wanDelete[i],
            ThirdPartyCopyRead = copyRead[i],
            ThirdPartyCopyWrite = copyWrite[i],
        })
        { ExtendedAttributes = ExtendedAttributes.Of(Extras(e.Spec, e.Url, schemes[i])) })];

        Wish Lan(int i, string operation, Func<LanPriorities, int?> of) => endpoints[i].Spec.Lan is { } lan ? Wish.Exactly(of(lan)) : Wish.Place(i, schemes[i]?.Lan.Value.Contains(operation) == true);
        Wish Wan(int i, string operation, Func<LanPriorities, int?> of) => endpoints[i].Spec.Wan is { } wan ? Wish.Exactly(of(wan)) : Wish.Place(i, schemes[i]?.Wan.Value.Contains(operation) == true);
        Wish Copy(int i, Func<WanPriorities, int?> of) => endpoints[i].Spec.Wan is { } wan ? Wish.Exactly(of(wan)) : Wish.Ranked(schemes[i]?.ThirdPartyCopy.Value ?? 0);

        int?[] Column(Func<int, Wish> wish) => Priorities([.. Enumerable.Range(0, endpoints.Count).Select(wish)]);
    }

    public static EffectiveProtocol Effective(ObservedProtocol p) => new()
    {
        Url = new Endpoint(p.Scheme, p.Hostname, p.Port, p.Prefix).ToString(),
        Impl = p.Impl,
        Lan = new() { Read = p.Priorities.LanRead, Write = p.Priorities.LanWrite, Delete = p.Priorities.LanDelete },
        Wan = new()
        {
            Read = p.Priorities.WanRead,
            Write = p.Priorities.WanWrite,
            Delete = p.Priorities.WanDelete,
            ThirdPartyCopyRead = p.Priorities.ThirdPartyCopyRead,
            ThirdPartyCopyWrite = p.Priorities.ThirdPartyCopyWrite,
        },
        ExtendedAttributes = ExtendedAttributes.Texts(p.ExtendedAttributes),
    };

    /// <summary>Written priorities stay; the others follow in order, past numbers that are taken.</summary>
    private static int?[] Priorities(IReadOnlyList<Wish> wishes)
    {
        var priorities = wishes.Select(w => w.Written).ToArray();
        var taken = priorities.OfType<int>().ToHashSet();
        foreach (var i in Enumerable.Range(0, wishes.Count).Where(i => wishes[i].First > 0).OrderBy(i => wishes[i].Rank))
        {
            var priority = wishes[i].First;
            while (!taken.Add(priority))
            {
                priority++;
            }
            priorities[i] = priority;
        }
        return priorities;
    }

    private static Dictionary<string, string>? Extras(EndpointSpec spec, Endpoint url, PresetScheme? scheme)
    {
        var extras = new Dictionary<string, string>(scheme?.ExtendedAttributes?.Value ?? new Dictionary<string, string>());
        if (url.WebServicePath is { } path)
        {
            extras["web_service_path"] = path;
        }
        foreach (var (key, value) in spec.ExtendedAttributes ?? new Dictionary<string, string>())
        {
            extras[key] = value;
        }
        return extras;
    }

    /// <param name="Written">By the spec.</param>
    /// <param name="First">The best number this endpoint may have by itself; 0: not offered by the preset.</param>
    private readonly record struct Wish(int? Written, int First, int Rank)
    {
        public static Wish Exactly(int? priority) => new(priority, 0, 0);
        public static Wish Place(int index, bool offered) => new(null, offered ? index + 1 : 0, 0);
        public static Wish Ranked(int rank) => new(null, rank > 0 ? 1 : 0, rank);
    }
}
