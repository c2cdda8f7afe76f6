using System.Security.Cryptography;
using System.Text;

namespace RucioOperator.Observed.Scim;

/// <summary>Who an issuer knows: one complete read of its SCIM interface.</summary>
/// <param name="Groups">Display names; also of groups without members.</param>
public sealed record ScimPeople(IReadOnlyList<ScimUser> Users, IReadOnlySet<string> Groups)
{
    /// <summary>Equal for equal content, whatever the order it came in.</summary>
    public string Digest => field ??= Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n',
        Users.OrderBy(u => u.Id, StringComparer.Ordinal).Select(u => u.Line()).Concat(Groups.Order(StringComparer.Ordinal))))));
}

/// <param name="Id">For INDIGO IAM also the <c>sub</c> of the person's tokens.</param>
public sealed record ScimUser(string Id, string UserName)
{
    public bool Active { get; init; } = true;

    /// <summary>INDIGO IAM: not a person.</summary>
    public bool IsService { get; init; }
    public string? Email { get; init; }

    /// <summary>Display names.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Subjects as the issuer writes them; INDIGO IAM: RFC 2253.</summary>
    public IReadOnlyList<string> Certificates { get; init; } = [];

    /// <summary>Lines such as <c>ssh-rsa AAAA…</c>.</summary>
    public IReadOnlyList<string> SshKeys { get; init; } = [];

    /// <summary>The same person at other issuers.</summary>
    public IReadOnlyList<(string Issuer, string Subject)> Links { get; init; } = [];

    internal string Line() => string.Join('\t', [Id, UserName, Active, IsService, Email ?? "", .. Sorted(Groups), "", .. Sorted(Certificates), "", .. Sorted(SshKeys), "", .. Sorted(Links.Select(l => $"{l.Issuer} {l.Subject}"))]);

    /// <summary>No personal data in logs.</summary>
    public override string ToString() => Id;

    private static IEnumerable<object> Sorted(IEnumerable<string> texts) => texts.Order(StringComparer.Ordinal);
}
