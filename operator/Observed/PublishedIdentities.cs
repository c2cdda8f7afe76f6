namespace RucioOperator.Observed;

/// <summary>
/// Identities whose credential the whole world has: what Rucio's bootstrap creates for every <c>[bootstrap]</c> option
/// left out (lib/rucio/db/sqla/util.py), and the fixed password of every new VO's root (lib/rucio/core/vo.py).
/// </summary>
public static class PublishedIdentities
{
    public static bool IsPublished(ObservedIdentity identity) => identity switch
    {
        { Type: "USERPASS", Identity: "ddmlab" } => true,
        { Type: "GSS", Identity: "ddmlab@CERN.CH" } => true,
        { Type: "X509", Identity: var dn } => dn.Contains("CN=DDMLAB Client Certificate", StringComparison.Ordinal),
        { Type: "SSH", Identity: var key } => key.StartsWith("ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEAq5LySllrQFpPL614sulXQ7wnIr1aGhGtl8b+HCB/", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Mappings through which anybody could log in today, as (account@vo, identity).</summary>
    public static IEnumerable<(string Vo, string Account, ObservedIdentity Identity)> Open(CatalogueSnapshot snapshot) =>
        from vo in snapshot.Vos.Values
        from account in vo.Accounts.Values
        from identity in account.Identities
        where IsPublished(identity) || identity.Type == "USERPASS" && identity.Identity == $"root@{vo.Tag}" && vo.Passwords.GetValueOrDefault(identity.Identity)?.Matches("password") == true
        orderby vo.Tag, account.Name
        select (vo.Tag, account.Name, identity);
}
