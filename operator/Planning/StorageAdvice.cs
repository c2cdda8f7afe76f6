using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Something that Rucio takes as it is and that its owner will probably not want. Never in the way of Ready.</summary>
public sealed record Advice(string Reason, string Field, string Text)
{
    /// <summary>Nothing in the path tells whose files are there.</summary>
    public const string PrefixWithoutVo = nameof(PrefixWithoutVo);

    /// <summary>Rucio's own permissions let anybody of the VO register files on storages of such names.</summary>
    public const string NameIsOpen = nameof(NameIsOpen);
    public const string FtsMissing = nameof(FtsMissing);
    public const string NoThirdPartyCopy = nameof(NoThirdPartyCopy);
    public const string NoCommonScheme = nameof(NoCommonScheme);
    public const string TokensOneSided = nameof(TokensOneSided);

    /// <summary>Tokens are wanted and Rucio has nowhere to get them.</summary>
    public const string NoTokenIssuer = nameof(NoTokenIssuer);

    /// <summary>Tokens are wanted, and another scheme than davs is all there is, or is tried first.</summary>
    public const string TokensNeedDavs = nameof(TokensNeedDavs);
    public const string TokensOnTape = nameof(TokensOnTape);

    public override string ToString() => $"{Field}: {Text} ({Reason})";
}

/// <param name="SeveralVos">The instance serves more than this VO.</param>
/// <param name="OwnPermissions">Not the tenant policy decides who registers files, but one that may go by Rucio's own.</param>
/// <param name="OffersFts">The instance has FTS servers to choose from.</param>
/// <param name="Names">Tag, long name and name of the VO: what its paths may be recognised by.</param>
public sealed record AdviceFacts(bool SeveralVos, bool OwnPermissions, bool OffersFts, IReadOnlyList<string> Names, ObservedVo Observed)
{
    /// <summary>Transfers of this VO are to use tokens (<c>transfers.mode</c>).</summary>
    public bool WantsTokens { get; init; }

    /// <summary>Why Rucio gets no tokens, in words; null: it does, or nobody here can know.</summary>
    public string? NoTokens { get; init; }

    /// <summary>What transfers are limited to (<c>conveyor.scheme</c>); null: nothing.</summary>
    public IReadOnlyList<string>? Schemes { get; init; }
}

/// <summary>Advice on all storages of a VO together, since most of it is about pairs. At most one of a kind for a storage, in this order.</summary>
public sealed class StorageAdvice(AdviceFacts facts)
{
    /// <summary>lib/rucio/core/permission/generic_multi_vo.py, perm_add_replicas.</summary>
    private static readonly string[] OpenEndings = ["SCRATCHDISK", "USERDISK", "MOCK", "LOCALGROUPDISK"];

    /// <summary>Storages without any are left out.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Advice>> For(IReadOnlyList<DesiredRse> storages)
    {
        var pairs = PairAdvice.Of(facts);
        return storages.Select(rse => (rse.Name, Advice: Both([.. OfOne(rse)], pairs.GetValueOrDefault(rse.Name) ?? [])))
            .Where(s => s.Advice.Count > 0).ToDictionary(s => s.Name, s => s.Advice, StringComparer.Ordinal);
    }

    /// <summary>Who can't have tokens need not hear that it should, nor one thing twice.</summary>
    private static IReadOnlyList<Advice> Both(IReadOnlyList<Advice> own, IReadOnlyList<Advice> pairs) => own.Any(a => a.Reason is Advice.TokensOnTape or Advice.TokensNeedDavs)
        ? [.. own, .. pairs.Where(a => a.Reason is not (Advice.TokensOneSided or Advice.TokensNeedDavs))]
        : [.. own, .. pairs];

    private IEnumerable<Advice> OfOne(DesiredRse rse)
    {
        if (facts.SeveralVos && rse.Protocols.Select((p, n) => (p.Prefix, n)).FirstOrDefault(p => !facts.Names.Any(name => p.Prefix.Contains(name, StringComparison.OrdinalIgnoreCase))) is { Prefix: { } prefix, n: var place })
        {
            yield return new(Advice.PrefixWithoutVo, $"spec.endpoints[{place}].url", $"{prefix} has no folder named like the VO ({facts.Names[0]}): Rucio's paths do not carry it, so whoever is given the same folder writes over its files");
        }
        if (facts.OwnPermissions && Array.Find(OpenEndings, e => rse.Name.EndsWith(e, StringComparison.Ordinal)) is { } ending)
        {
            yield return new(Advice.NameIsOpen, "spec.rse", $"Rucio's own permissions let anybody of the VO register files on a storage whose name ends in {ending}");
        }
        var has = rse.Attributes.TryGetValue("oidc_support", out var support) && support.Equals("true", StringComparison.OrdinalIgnoreCase);
        if (has && facts.NoTokens is { } why)
        {
            yield return new(Advice.NoTokenIssuer, "spec.tokens", $"{why}, so Rucio gets no tokens and transfers use certificates");
        }
        // lib/rucio/transfertool/fts3.py, _use_tokens; FTS refuses bring_online and archive_timeout beside tokens.
        if (rse.Type == "TAPE" && (has || facts.WantsTokens))
        {
            yield return has
                ? new(Advice.TokensOnTape, "spec.tokens", "FTS neither stages nor archives with tokens, so transfers with this storage fail where the other end has them, too: enabled: false keeps to certificates")
                : new(Advice.TokensOnTape, "spec.type", "FTS neither stages nor archives with tokens, so transfers with this storage use certificates");
        }
        else if (facts.WantsTokens && !has && rse.Protocols.All(p => p.Scheme != "davs"))
        {
            yield return new(Advice.TokensNeedDavs, "spec.endpoints", "none is davs://, and Rucio uses tokens with no other scheme, so transfers with this storage use certificates");
        }
    }
}
