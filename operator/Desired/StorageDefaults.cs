using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>What a storage gets of its VO and its instance where its own spec says nothing.</summary>
/// <param name="Fts">FTS server.</param>
/// <param name="Tokens">Transfers with tokens, where the storage can have them.</param>
public sealed record StorageDefaults(string? Fts, bool Tokens)
{
    public static readonly StorageDefaults None = new(null, false);

    public static StorageDefaults Of(RucioInstance instance, VirtualOrganisation vo) =>
        new(vo.Spec.Transfers?.Fts, (vo.Spec.Transfers?.Mode ?? instance.Spec.Transfers?.Mode) == TransferMode.Tokens);

    /// <summary>
    /// <c>davs://</c> alone (lib/rucio/transfertool/fts3.py, _use_tokens), and no tape: FTS refuses to stage and to archive with
    /// tokens, so there Rucio's way back to certificates is the only one that works.
    /// </summary>
    public bool GivesTokens(StorageElementSpec storage, IEnumerable<string> schemes) => Tokens && storage.Tokens is null && storage.Type == StorageType.DISK && schemes.Contains("davs");
}
