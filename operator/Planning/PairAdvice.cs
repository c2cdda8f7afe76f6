using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>
/// What keeps files from moving along a distance (lib/rucio/transfertool/fts3.py, lib/rucio/rse/rsemanager.py: find_matching_scheme).
/// RSEs are alike in a few ways only, so kinds of pairs are judged and pairs merely sorted; one example is named, which stays
/// the same while storages come and go.
/// </summary>
internal static class PairAdvice
{
    /// <summary>SCHEME_MAP of lib/rucio/common/constants.py; all other schemes go with themselves.</summary>
    private static readonly HashSet<string> WebSchemes = ["https", "davs", "srm+https", "cs3s"];

    /// <summary>What matters of an RSE for moving files; schemes in the order in which they are tried.</summary>
    private sealed record Trait(bool Fts, bool Tokens, string CopiesFrom, string CopiesTo);

    private enum Side { Source, Destination }

    /// <summary>RSE → advice, one of a kind.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<Advice>> Of(AdviceFacts facts)
    {
        var traits = facts.Observed.Rses.Values.Where(r => !r.Deleted).ToDictionary(r => r.Name, r => TraitOf(r, facts.Schemes), StringComparer.Ordinal);
        var kinds = traits.Values.Distinct().ToList();
        var judged = (from source in kinds from destination in kinds select (source, destination)).ToDictionary(k => k, k => Judge(k.source, k.destination, facts.OffersFts).ToList());
        if (judged.Values.All(advice => advice.Count == 0))
        {
            return new Dictionary<string, IReadOnlyList<Advice>>();
        }
        // RSE and reason → the other end that comes first by name.
        var examples = new Dictionary<(string Rse, string Reason, Side Side), string>();
        foreach (var (source, destination) in facts.Observed.Distances.Keys)
        {
            if (!traits.TryGetValue(source, out var from) || !traits.TryGetValue(destination, out var to))
            {
                continue;
            }
            foreach (var (reason, side) in judged[(from, to)])
            {
                var (told, other) = side == Side.Source ? (source, destination) : (destination, source);
                if (!examples.TryGetValue((told, reason, side), out var before) || string.CompareOrdinal(other, before) < 0)
                {
                    examples[(told, reason, side)] = other;
                }
            }
        }
        return examples.GroupBy(e => e.Key.Rse).ToDictionary(g => g.Key, g => (IReadOnlyList<Advice>)[.. g.OrderBy(e => Place(e.Key.Reason)).ThenBy(e => e.Key.Side).DistinctBy(e => e.Key.Reason).Select(e => Word(e.Key.Reason, e.Key.Side, e.Value))], StringComparer.Ordinal);
    }

    private static Trait TraitOf(ObservedRse rse, IReadOnlyList<string>? schemes) => new(
        rse.Attributes.ContainsKey("fts"),
        rse.Attributes.TryGetValue("oidc_support", out var tokens) && tokens.Equals("true", StringComparison.OrdinalIgnoreCase),
        Schemes(rse, schemes, p => p.ThirdPartyCopyRead), Schemes(rse, schemes, p => p.ThirdPartyCopyWrite));

    private static string Schemes(ObservedRse rse, IReadOnlyList<string>? allowed, Func<ProtocolPriorities, int?> priority)
    {
        return rse.Protocols is [var only]
            ? Copies(only) ? only.Scheme : ""
            : string.Join(' ', rse.Protocols.Where(Copies).OrderBy(p => priority(p.Priorities)).ThenBy(p => p.Scheme, StringComparer.Ordinal).Select(p => p.Scheme).Distinct());

        bool Copies(ObservedProtocol protocol) => priority(protocol.Priorities) is not null && allowed?.Contains(protocol.Scheme) != false;
    }

    /// <summary>Without FTS nothing moves anyhow, so the rest is told only where both have it.</summary>
    private static IEnumerable<(string Reason, Side Side)> Judge(Trait source, Trait destination, bool offersFts)
    {
        if (!source.Fts && (destination.Fts || offersFts))
        {
            yield return (Advice.FtsMissing, Side.Source);
        }
        if (!destination.Fts && (source.Fts || offersFts))
        {
            yield return (Advice.FtsMissing, Side.Destination);
        }
        if (!source.Fts || !destination.Fts)
        {
            yield break;
        }
        if (source.CopiesFrom == "")
        {
            yield return (Advice.NoThirdPartyCopy, Side.Source);
        }
        if (destination.CopiesTo == "")
        {
            yield return (Advice.NoThirdPartyCopy, Side.Destination);
        }
        if (source.CopiesFrom == "" || destination.CopiesTo == "")
        {
            yield break;
        }
        // The order of find_matching_scheme: the destination's first choice that has a counterpart.
        var pairs = from d in destination.CopiesTo.Split(' ') from s in source.CopiesFrom.Split(' ') where s == d || WebSchemes.Contains(s) && WebSchemes.Contains(d) select (Source: s, Destination: d);
        var chosen = pairs.FirstOrDefault();
        if (chosen is (null, null))
        {
            yield return (Advice.NoCommonScheme, Side.Source);
            yield return (Advice.NoCommonScheme, Side.Destination);
        }
        else if (source.Tokens != destination.Tokens)
        {
            yield return (Advice.TokensOneSided, source.Tokens ? Side.Destination : Side.Source);
        }
        else if (source.Tokens && chosen is not ("davs", "davs"))
        {
            yield return (Advice.TokensNeedDavs, chosen.Destination != "davs" ? Side.Destination : Side.Source);
        }
    }

    private static int Place(string reason) => Array.IndexOf([Advice.FtsMissing, Advice.NoThirdPartyCopy, Advice.NoCommonScheme, Advice.TokensOneSided, Advice.TokensNeedDavs], reason);

    private static Advice Word(string reason, Side side, string other) => reason switch
    {
        Advice.FtsMissing => new(reason, "spec.fts", $"absent, so nothing moves between this storage and others at a distance, such as {other}: FTS servers must be named at both ends"),
        Advice.NoThirdPartyCopy => side == Side.Source
            ? new(reason, "spec.endpoints", $"none has wan.thirdPartyCopyRead, so nothing moves from here to others at a distance, such as {other}")
            : new(reason, "spec.endpoints", $"none has wan.thirdPartyCopyWrite, so nothing moves to here from others at a distance, such as {other}"),
        Advice.NoCommonScheme => new(reason, "spec.endpoints", side == Side.Source
            ? $"no scheme for third-party copies is understood at the other end, too, so nothing moves from here to {other}, for one"
            : $"no scheme for third-party copies is understood at the other end, too, so nothing moves to here from {other}, for one"),
        Advice.TokensNeedDavs => new(reason, "spec.endpoints", side == Side.Source
            ? $"copies from here to {other}, for one, use another scheme than davs, and Rucio uses tokens with no other, so they use certificates: give davs:// the first place"
            : $"copies to here from {other}, for one, use another scheme than davs, and Rucio uses tokens with no other, so they use certificates: give davs:// the first place"),
        _ => new(reason, "spec.tokens", $"not enabled here (attribute oidc_support), so transfers with storages that have them, such as {other}, use certificates"),
    };
}
