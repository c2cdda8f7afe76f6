using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Sandbox.Demo;

namespace RucioOperator.Tests.Contract;

/// <summary>What REST made is read back from the tables exactly, in a bounded number of statements, also by a role that may read nothing else.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class CatalogueReaderTests(bool live) : ContractTests(live)
{
    [Test]
    public async Task What_rest_made_is_read_back_exactly()
    {
        var desired = await Bed.NewVoAsync();
        var (tag, root) = (desired.Spec.Tag, Bed.Root(desired));
        await root.CreateAccountAsync("jdoe", "USER", "j@example.org", default);
        await root.AddAccountAttributeAsync("jdoe", "country", "ch", default);
        await root.MapIdentityAsync("jdoe", $"jdoe@{tag}", "USERPASS", "pw", "", default);
        await root.CreateAccountAsync("group-1", "GROUP", "", default);
        await root.CreateScopeAsync("jdoe", "user.jdoe", default);
        await root.ImportAsync(ImportDocument.Of([ContractRse.Of("R_1") with { Write = false, Volatile = true }, new("R_2") { Type = "TAPE", Deterministic = false, StagingArea = true }]), default);
        await root.ImportAsync(ImportDocument.Of([new DistancePair("R_1", "R_2", 7, "R_1")]), default);
        await root.SetLocalLimitAsync("jdoe", "R_1", 9_000_000_000_000_000, default);

        var vo = (await Bed.Instance.RefreshAsync(DateTimeOffset.UtcNow, default))!.Vo(tag);
        var one = await Bed.Instance.RefreshVoAsync(tag, default);
        var (jdoe, r1, r2) = (vo.Accounts["jdoe"], vo.Rses["R_1"], vo.Rses["R_2"]);
        Assert.Multiple(() =>
        {
            Assert.That((vo.Exists, vo.Claim, vo.CreatedByOperator, vo.PolicyPackage), Is.EqualTo((true, desired.Claimant, true, "rucio_tenant_policy")));
            Assert.That(vo.Accounts.Keys, Is.EquivalentTo(new[] { "root", "jdoe", "group-1" }));
            Assert.That((jdoe.Type, jdoe.Status, jdoe.Email), Is.EqualTo(("USER", "ACTIVE", "j@example.org")));
            Assert.That(jdoe.Attributes, Is.EquivalentTo(new Dictionary<string, string> { ["country"] = "ch" }));
            Assert.That(jdoe.Identities, Is.EqualTo(new[] { new ObservedIdentity($"jdoe@{tag}", "USERPASS") }));
            Assert.That(jdoe.Limits, Is.EquivalentTo(new Dictionary<string, long> { ["R_1"] = 9_000_000_000_000_000 }));
            Assert.That(vo.Passwords[$"jdoe@{tag}"].Matches("pw"), Is.True);
            Assert.That(vo.Passwords[$"root@{tag}"].Matches("password"), Is.False);
            Assert.That(vo.Accounts["root"].Identities, Is.EqualTo(new[] { new ObservedIdentity(desired.RootIdentity, "USERPASS") }));
            Assert.That(vo.Accounts["group-1"].Type, Is.EqualTo("GROUP"));
            Assert.That(vo.Scopes, Is.EquivalentTo(new Dictionary<string, string> { ["user.jdoe"] = "jdoe" }));
            Assert.That(vo.Distances, Is.EquivalentTo(new Dictionary<(string, string), int> { [("R_1", "R_2")] = 7 }));

            Assert.That((r1.Deleted, r1.Type, r1.Deterministic, r1.Volatile, r1.StagingArea, r1.Read, r1.Write, r1.Delete), Is.EqualTo((false, "DISK", true, true, false, true, false, true)));
            Assert.That(r1.Id, Does.Match("^[0-9a-f]{32}$"));
            Assert.That(r1.Protocols, Is.EquivalentTo(ContractRse.Of("R_1").Protocols));
            Assert.That(r1.Limits, Is.EquivalentTo(new Dictionary<string, long> { ["MinFreeSpace"] = 5_000_000_000_000 }));
            Assert.That(ContractRse.Of("R_1").Attributes.Where(a => !string.Equals(a.Value, r1.Attributes.GetValueOrDefault(a.Key), StringComparison.OrdinalIgnoreCase)), Is.Empty);
            Assert.That(r1.Attributes.Keys.Except(ContractRse.Of("R_1").Attributes.Keys), Is.EqualTo(new[] { "R_1" }));
            Assert.That((r2.Type, r2.Deterministic, r2.StagingArea, r2.Protocols.Count), Is.EqualTo(("TAPE", false, true, 0)));
        });
        Assert.That(Shape(one), Is.EqualTo(Shape(vo)), "one VO's part reads as in the whole");
    }

    [Test]
    public async Task A_read_is_at_most_ten_statements()
    {
        var statements = new StatementCount();
        var builder = new NpgsqlSlimDataSourceBuilder(Bed.Catalogue.ConnectionString) { ConnectionStringBuilder = { Password = Bed.Access.Owner.Password } };
        builder.EnableArrays();
        builder.UseLoggerFactory(LoggerFactory.Create(l => l.SetMinimumLevel(LogLevel.Debug).AddProvider(statements)));
        await using var source = builder.Build();
        await new CatalogueReader(source).ReadAsync(null, default);
        Assert.That(statements.Count, Is.InRange(1, 10));
    }

    [Test]
    public async Task An_observer_reads_all_of_it_and_not_a_column_more()
    {
        var superuser = Live ? Environment.GetEnvironmentVariable("RUCIO_TEST_DB_ADMIN") : Bed.Catalogue.ConnectionString + $";Password={Bed.Access.Owner.Password}";
        if (superuser is null)
            Assert.Ignore("needs RUCIO_TEST_DB_ADMIN, a connection that may make roles");
        var role = $"observer_{Guid.NewGuid():n}"[..20];
        await using var admin = NpgsqlDataSource.Create(superuser);
        await ExecuteAsync(admin, $"CREATE ROLE {role} LOGIN PASSWORD 'observer-password'");
        try
        {
            await using var instance = new InstanceConnection(Bed.Access with { Observer = new DatabaseLogin(role, "observer-password") });
            var (seen, all) = ((await instance.RefreshAsync(DateTimeOffset.UtcNow, default))!, (await Bed.Instance.RefreshAsync(DateTimeOffset.UtcNow, default))!);
            Assert.That(seen.Vos.Keys, Is.EquivalentTo(all.Vos.Keys));
            Assert.That(seen.AlembicRevision, Is.EqualTo("3b943000da18"));

            await using var observer = Database.Open(Bed.Access.Address, new DatabaseLogin(role, "observer-password"));
            foreach (var sql in (string[])["SELECT token FROM tokens", "SELECT email FROM identities", "UPDATE vos SET description = 'x'", "DELETE FROM configs"])
                Assert.That((await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(observer, sql)))!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), sql);
        }
        finally
        {
            await ExecuteAsync(admin, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Test]
    public async Task A_soft_deleted_account_is_seen_as_deleted()
    {
        var desired = await Bed.NewVoAsync();
        var root = Bed.Root(desired);
        await root.CreateAccountAsync("gone", "USER", "", default);
        await root.SendAsync(HttpMethod.Delete, "accounts/gone", null, default);
        Assert.That((await Bed.Instance.RefreshVoAsync(desired.Spec.Tag, default)).Accounts["gone"].Status, Is.EqualTo("DELETED"));
    }

    private static string Shape(ObservedVo vo) => string.Join('\n',
        [vo.Claim ?? "", .. vo.Accounts.Values.OrderBy(a => a.Name).Select(a => $"{a.Name} {a.Type} {string.Join(',', a.Attributes)} {string.Join(',', a.Identities)} {string.Join(',', a.Limits)} {string.Join(',', a.Totals)}"),
            .. vo.Scopes.Select(s => $"{s}"), .. vo.Rses.Values.OrderBy(r => r.Name).Select(r => $"{r.Name} {r.Id} {r.Protocols.Count} {r.Attributes.Count}"), .. vo.Distances.Select(d => $"{d}"), .. vo.Passwords.Keys.Order(), .. vo.Subscriptions.Select(s => $"{s}")]);

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Statements as the driver reports them: a batch logs its commands as a list.</summary>
    private sealed class StatementCount : ILoggerProvider, ILogger
    {
        public int Count { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).Contains("executing", StringComparison.OrdinalIgnoreCase) && state is IReadOnlyList<KeyValuePair<string, object?>> values)
                Count += values.Sum(v => v.Value is System.Collections.ICollection list ? list.Count : v.Key == "CommandText" ? 1 : 0);
        }

        public void Dispose()
        {
        }
    }
}
