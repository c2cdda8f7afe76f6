namespace RucioOperator.Observed;

/// <summary>What one read of an instance's catalogue showed.</summary>
/// <param name="Vos">By tag, also VOs that are only claimed so far; <c>def</c> is among them.</param>
public sealed record CatalogueSnapshot(string? AlembicRevision, IReadOnlyDictionary<string, ObservedVo> Vos)
{
    public static CatalogueSnapshot Empty { get; } = new(null, new Dictionary<string, ObservedVo>());

    /// <summary>Null: nobody's yet.</summary>
    public CatalogueOwner? Owner { get; init; }

    public ObservedVo Vo(string tag) => Vos.TryGetValue(tag, out var vo) ? vo : ObservedVo.Absent(tag);

    public CatalogueSnapshot With(ObservedVo vo) =>
        this with { Vos = new Dictionary<string, ObservedVo>(Vos, StringComparer.Ordinal) { [vo.Tag] = vo } };
}

/// <summary>One VO as the catalogue has it; names are Rucio's external ones, without <c>@tag</c>.</summary>
public sealed record ObservedVo(string Tag)
{
    /// <summary>There is a row in <c>vos</c>.</summary>
    public bool Exists { get; init; }
    public string? Description { get; init; }
    public string? Email { get; init; }

    /// <summary>namespace/name of the resource that holds the tag.</summary>
    public string? Claim { get; init; }

    /// <summary>This operator created the VO, so what is mapped on its root is the operator's business.</summary>
    public bool CreatedByOperator { get; init; }

    /// <summary>The module of <c>[policy] package-&lt;tag&gt;</c> in the config table.</summary>
    public string? PolicyPackage { get; init; }

    /// <summary>Long name → tag, of all VOs.</summary>
    public IReadOnlyDictionary<string, string> LongNames { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, ObservedAccount> Accounts { get; init; } = new Dictionary<string, ObservedAccount>();

    /// <summary>Scope → owner.</summary>
    public IReadOnlyDictionary<string, string> Scopes { get; init; } = new Dictionary<string, string>();

    /// <summary>Their names are used up.</summary>
    public IReadOnlySet<string> DeletedScopes { get; init; } = new HashSet<string>();
    public IReadOnlyList<ObservedSubscription> Subscriptions { get; init; } = [];
    public IReadOnlyDictionary<string, ObservedRse> Rses { get; init; } = new Dictionary<string, ObservedRse>();

    /// <summary>(source, destination) → distance.</summary>
    public IReadOnlyDictionary<(string Source, string Destination), int> Distances { get; init; } = new Dictionary<(string, string), int>();

    /// <summary>USERPASS rows of the operator's name pattern for this VO, mapped or not.</summary>
    public IReadOnlyDictionary<string, PasswordHash> Passwords { get; init; } = new Dictionary<string, PasswordHash>();

    /// <summary>Somebody tried: the password that Rucio gives to root of every new VO opens this one.</summary>
    public bool PublishedRootOpens { get; init; }

    public int StorageCount => Rses.Values.Count(r => !r.Deleted);

    public static ObservedVo Absent(string tag) => new(tag);
}

public sealed record ObservedAccount(string Name, string Type, string Status, string? Email)
{
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<ObservedIdentity> Identities { get; init; } = [];

    /// <summary>RSE name → bytes; −1 is unlimited.</summary>
    public IReadOnlyDictionary<string, long> Limits { get; init; } = new Dictionary<string, long>();

    /// <summary>RSE expression → bytes over all its storages together; −1 is unlimited.</summary>
    public IReadOnlyDictionary<string, long> Totals { get; init; } = new Dictionary<string, long>();
}

/// <param name="Filter">JSON; scopes and accounts without the VO's tag.</param>
/// <param name="Rules">JSON, a list.</param>
public sealed record ObservedSubscription(string Name, string Owner, string Filter, string Rules)
{
    /// <summary>Active, inactive, new, updated or broken: A, I, N, U, B. The transmogrifier works on A and U.</summary>
    public char State { get; init; } = 'A';
    public int Priority { get; init; }
    public string? Comments { get; init; }

    /// <summary>When it becomes inactive by itself; UTC.</summary>
    public DateTime? EndsAt { get; init; }

    public bool IsActive => State is 'A' or 'U';
}

/// <param name="Type">USERPASS, X509, GSS, SSH, SAML, OIDC.</param>
public sealed record ObservedIdentity(string Identity, string Type);

/// <summary>Rucio's password form: hexadecimal SHA-256 of salt + password (core/identity.py).</summary>
public sealed record PasswordHash(string? Hash, byte[]? Salt)
{
    public bool Matches(string password) =>
        Hash is not null && Salt is not null && Hash == Of(password, Salt);

    public static string Of(string password, byte[] salt) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([.. salt, .. System.Text.Encoding.UTF8.GetBytes(password)]));

    public override string ToString() => "(hash)";
}

public sealed record ObservedRse(string Name, string Id)
{
    public bool Deleted { get; init; }
    public string Type { get; init; } = "DISK";
    public bool Deterministic { get; init; }
    public bool Volatile { get; init; }
    public bool StagingArea { get; init; }
    public bool Read { get; init; }
    public bool Write { get; init; }
    public bool Delete { get; init; }
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, long> Limits { get; init; } = new Dictionary<string, long>();
    public IReadOnlyList<ObservedProtocol> Protocols { get; init; } = [];

    /// <summary>Null: nobody has looked yet.</summary>
    public ObservedSpace? Space { get; init; }
}

/// <summary>Key is (scheme, hostname, port); a missing priority means the operation is not offered.</summary>
public sealed record ObservedProtocol(string Scheme, string Hostname, int Port, string Prefix, string Impl, ProtocolPriorities Priorities)
{
    /// <summary>As <see cref="Observed.ExtendedAttributes"/> writes them; null: none.</summary>
    public string? ExtendedAttributes { get; init; }

    public (string, string, int) Key => (Scheme, Hostname, Port);
}

public sealed record ProtocolPriorities
{
    public int? LanRead { get; init; }
    public int? LanWrite { get; init; }
    public int? LanDelete { get; init; }
    public int? WanRead { get; init; }
    public int? WanWrite { get; init; }
    public int? WanDelete { get; init; }
    public int? ThirdPartyCopyRead { get; init; }
    public int? ThirdPartyCopyWrite { get; init; }
}
