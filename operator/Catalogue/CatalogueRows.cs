using System.Globalization;
using Npgsql;
using RucioOperator.Observed;

namespace RucioOperator.Catalogue;

/// <summary>Puts the ten result sets of <see cref="CatalogueReader"/> together, in their order.</summary>
internal sealed class CatalogueRows
{
    private readonly Dictionary<string, VoRows> _vos = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, (VoRows Vo, ObservedRse Rse)> _rses = [];
    private readonly Dictionary<string, string> _longNames = new(StringComparer.Ordinal);
    private string? _revision;
    private CatalogueOwner? _owner;

    private sealed class VoRows(string tag)
    {
        public ObservedVo Vo = new(tag);
        public readonly Dictionary<string, ObservedAccount> Accounts = new(StringComparer.Ordinal);
        public readonly Dictionary<string, Dictionary<string, string>> AccountAttributes = [];
        public readonly Dictionary<string, List<ObservedIdentity>> Identities = [];
        public readonly Dictionary<string, Dictionary<string, long>> Limits = [];
        public readonly Dictionary<string, Dictionary<string, long>> Totals = [];
        public readonly Dictionary<string, string> Scopes = new(StringComparer.Ordinal);
        public readonly HashSet<string> DeletedScopes = new(StringComparer.Ordinal);
        public readonly List<ObservedSubscription> Subscriptions = [];
        public readonly Dictionary<string, PasswordHash> Passwords = new(StringComparer.Ordinal);
        public readonly Dictionary<(string, string), int> Distances = [];
    }

    private sealed class RseRows
    {
        public readonly Dictionary<string, string> Attributes = new(StringComparer.Ordinal);
        public readonly Dictionary<string, long> Limits = new(StringComparer.Ordinal);
        public readonly List<ObservedProtocol> Protocols = [];
    }

    private readonly Dictionary<Guid, RseRows> _rseRows = [];

    public static async Task<CatalogueSnapshot> AssembleAsync(NpgsqlDataReader reader, string? tag, CancellationToken ct)
    {
        var rows = new CatalogueRows();
        if (tag is not null)
        {
            rows.Vo(tag);
        }
        Action<NpgsqlDataReader>[] sets =
        [
            rows.AddVo, rows.AddConfig, rows.AddAccount, rows.AddIdentity, rows.AddScopeOrSubscription,
            rows.AddRse, rows.AddAttributeOrLimit, rows.AddProtocol, rows.AddDistance, rows.AddAccountLimit,
        ];
        foreach (var add in sets)
        {
            while (await reader.ReadAsync(ct))
            {
                add(reader);
            }
            await reader.NextResultAsync(ct);
        }
        return rows.Build();
    }

    private void AddVo(NpgsqlDataReader r)
    {
        var rows = Vo(r.GetString(0));
        rows.Vo = rows.Vo with { Exists = true, Description = Text(r, 1), Email = Text(r, 2) };
    }

    private void AddConfig(NpgsqlDataReader r)
    {
        var (section, option, value) = (r.GetString(0), r.GetString(1), Text(r, 2));
        if (section == "alembic")
        {
            _revision = value;
        }
        else if (section == "owner")
        {
            _owner = CatalogueOwner.Parse(value, double.Parse(option, CultureInfo.InvariantCulture));
        }
        else if (section == CatalogueReader.ConfigSection && Tag(option, CatalogueReader.ClaimPrefix) is { } claimed)
        {
            Vo(claimed).Vo = Vo(claimed).Vo with { Claim = value };
        }
        else if (section == CatalogueReader.ConfigSection && Tag(option, CatalogueReader.CreatedPrefix) is { } created)
        {
            Vo(created).Vo = Vo(created).Vo with { CreatedByOperator = true };
        }
        else if (section == CatalogueReader.LongNameSection)
        {
            _longNames[option] = value ?? "";
        }
        else if (section == "policy" && Tag(option, CatalogueReader.PackagePrefix) is { } packaged)
        {
            Vo(packaged).Vo = Vo(packaged).Vo with { PolicyPackage = value };
        }
    }

    private void AddAccount(NpgsqlDataReader r)
    {
        var (name, rows) = Internal(r.GetString(0));
        rows.Accounts[name] = new ObservedAccount(name, r.GetString(1), r.GetString(2), Text(r, 3));
        if (Text(r, 4) is { } key)
        {
            Of(rows.AccountAttributes, name)[key] = Text(r, 5) ?? "";
        }
    }

    private void AddIdentity(NpgsqlDataReader r)
    {
        var (identity, type) = (r.GetString(1), r.GetString(2));
        var hash = new PasswordHash(Text(r, 3), r.IsDBNull(4) ? null : r.GetFieldValue<byte[]>(4));
        if (Text(r, 0) is { } account)
        {
            var (name, rows) = Internal(account);
            if (!rows.Identities.TryGetValue(name, out var list))
            {
                rows.Identities[name] = list = [];
            }
            list.Add(new ObservedIdentity(identity, type));
            if (type == "USERPASS")
            {
                rows.Passwords[identity] = hash;
            }
        }
        else
        {
            Vo(identity[^3..]).Passwords[identity] = hash;
        }
    }

    private void AddScopeOrSubscription(NpgsqlDataReader r)
    {
        var ((owner, rows), state) = (Internal(r.GetString(1)), r.GetString(3));
        if (r.GetString(0) == "subscription")
        {
            rows.Subscriptions.Add(new(r.GetString(2), owner, SubscriptionFilters.External(Text(r, 4) ?? "", rows.Vo.Tag), Text(r, 5) ?? "")
            {
                State = state[0],
                Priority = r.GetInt32(6),
                Comments = Text(r, 7),
                EndsAt = r.IsDBNull(8) ? null : r.GetDateTime(8),
            });
            return;
        }
        (var scope, rows) = Internal(r.GetString(2));
        if (state == "D")
        {
            rows.DeletedScopes.Add(scope);
        }
        else
        {
            rows.Scopes[scope] = owner;
        }
    }

    private void AddRse(NpgsqlDataReader r)
    {
        var rse = new ObservedRse(r.GetString(1), r.GetGuid(0).ToString("N"))
        {
            Type = r.GetString(3),
            Deterministic = r.GetBoolean(4),
            Volatile = r.GetBoolean(5),
            StagingArea = r.GetBoolean(6),
            Read = r.GetBoolean(7),
            Write = r.GetBoolean(8),
            Delete = r.GetBoolean(9),
            Deleted = !r.IsDBNull(10) && r.GetBoolean(10),
            Space = new(Long(r, 11), Long(r, 12), r.IsDBNull(13) ? null : new(r.GetInt64(13), Long(r, 14) ?? 0, Long(r, 15), r.GetDateTime(16))),
        };
        _rses[r.GetGuid(0)] = (Vo(r.GetString(2)), rse);
        _rseRows[r.GetGuid(0)] = new RseRows();
    }

    private void AddAttributeOrLimit(NpgsqlDataReader r)
    {
        if (_rseRows.TryGetValue(r.GetGuid(0), out var rows))
        {
            if (r.IsDBNull(3))
            {
                rows.Attributes[r.GetString(1)] = Text(r, 2) ?? "";
            }
            else
            {
                rows.Limits[r.GetString(1)] = r.GetInt64(3);
            }
        }
    }

    private void AddProtocol(NpgsqlDataReader r)
    {
        if (_rseRows.TryGetValue(r.GetGuid(0), out var rows))
        {
            rows.Protocols.Add(new ObservedProtocol(r.GetString(1), r.GetString(2), r.GetInt32(3), Text(r, 4) ?? "", r.GetString(5), new ProtocolPriorities
            {
                LanRead = Number(r, 6),
                LanWrite = Number(r, 7),
                LanDelete = Number(r, 8),
                WanRead = Number(r, 9),
                WanWrite = Number(r, 10),
                WanDelete = Number(r, 11),
                ThirdPartyCopyRead = Number(r, 12),
                ThirdPartyCopyWrite = Number(r, 13),
            })
            { ExtendedAttributes = ExtendedAttributes.Read(Text(r, 14)) });
        }
    }

    private void AddDistance(NpgsqlDataReader r)
    {
        if (_rses.TryGetValue(r.GetGuid(0), out var source) && _rses.TryGetValue(r.GetGuid(1), out var destination))
        {
            source.Vo.Distances[(source.Rse.Name, destination.Rse.Name)] = r.GetInt32(2);
        }
    }

    private void AddAccountLimit(NpgsqlDataReader r)
    {
        var (name, rows) = Internal(r.GetString(0));
        if (Text(r, 2) is { } expression)
        {
            Of(rows.Totals, name)[expression] = r.GetInt64(3);
        }
        else if (_rses.TryGetValue(r.GetGuid(1), out var rse))
        {
            Of(rows.Limits, name)[rse.Rse.Name] = r.GetInt64(3);
        }
    }

    private CatalogueSnapshot Build()
    {
        var rses = _rses.ToLookup(r => r.Value.Vo, r => r.Value.Rse with
        {
            Attributes = _rseRows[r.Key].Attributes,
            Limits = _rseRows[r.Key].Limits,
            Protocols = _rseRows[r.Key].Protocols,
        });
        return new CatalogueSnapshot(_revision, _vos.ToDictionary(v => v.Key, v => v.Value.Vo with
        {
            Accounts = v.Value.Accounts.ToDictionary(a => a.Key, a => a.Value with
            {
                Attributes = Of(v.Value.AccountAttributes, a.Key),
                Identities = v.Value.Identities.TryGetValue(a.Key, out var list) ? list : [],
                Limits = Of(v.Value.Limits, a.Key),
                Totals = Of(v.Value.Totals, a.Key),
            }, StringComparer.Ordinal),
            Scopes = v.Value.Scopes,
            LongNames = _longNames,
            DeletedScopes = v.Value.DeletedScopes,
            Subscriptions = v.Value.Subscriptions,
            Passwords = v.Value.Passwords,
            Distances = v.Value.Distances,
            Rses = rses[v.Value].ToDictionary(r => r.Name, StringComparer.Ordinal),
        }, StringComparer.Ordinal))
        {
            Owner = _owner,
        };
    }

    private VoRows Vo(string tag)
    {
        if (!_vos.TryGetValue(tag, out var rows))
        {
            _vos[tag] = rows = new VoRows(tag);
        }
        return rows;
    }

    private (string Name, VoRows Vo) Internal(string stored)
    {
        var at = stored.IndexOf('@');
        return at < 0 ? (stored, Vo("def")) : (stored[..at], Vo(stored[(at + 1)..]));
    }

    private static Dictionary<string, T> Of<T>(Dictionary<string, Dictionary<string, T>> map, string key)
    {
        if (!map.TryGetValue(key, out var inner))
        {
            map[key] = inner = new Dictionary<string, T>(StringComparer.Ordinal);
        }
        return inner;
    }

    private static string? Tag(string option, string prefix) => option.StartsWith(prefix, StringComparison.Ordinal) ? option[prefix.Length..] : null;
    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);
    private static long? Long(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetInt64(column);
    private static int? Number(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetInt32(column);
}
