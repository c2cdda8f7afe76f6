using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Sandbox.Demo;
using RucioOperator.Tests.SandboxTests.Rucio;

namespace RucioOperator.Tests.Contract;

/// <summary>
/// The operator's own classes on a Rucio and its catalogue: the stand-in, or the running server of RUCIO_TEST_URL and
/// RUCIO_TEST_DB. What a test makes has a random tag, so a server can be used again.
/// </summary>
public sealed class ContractBed : IAsyncDisposable
{
    public const string NeedsLive = "needs a running Rucio 41: RUCIO_TEST_URL, RUCIO_TEST_DB, RUCIO_TEST_SUPER_ROOT_USER, RUCIO_TEST_SUPER_ROOT_PASSWORD";

    private readonly HashSet<string> _tags = [];

    private ContractBed(RucioBed rucio, DatabaseAccess access, string ownerConnection)
    {
        (Rucio, Access, Catalogue) = (rucio, access, NpgsqlDataSource.Create(ownerConnection));
        Instance = new InstanceConnection(access);
        Instance.UseServer(new Uri(rucio.BaseUrl), null, new RucioCredential(rucio.SuperRoot.User, rucio.SuperRoot.Password, "super_root", "def"));
    }

    public RucioBed Rucio { get; }
    public DatabaseAccess Access { get; }
    public InstanceConnection Instance { get; }

    /// <summary>Somebody else's hands on the tables.</summary>
    public NpgsqlDataSource Catalogue { get; }

    public RucioSession SuperRoot => Instance.AsSuperRoot(TimeProvider.System);

    public CatalogueWriter Writer => Instance.Writer;

    public static async Task<ContractBed> StartAsync(bool live)
    {
        if (live && (Environment.GetEnvironmentVariable("RUCIO_TEST_URL") is not { Length: > 0 } || LiveRucio.FromEnvironment() is null))
            Assert.Ignore(NeedsLive);
        var rucio = await RucioBed.StartAsync(live);
        var schema = live ? LiveRucio.FromEnvironment()!.Schema : "rucio";
        var settings = new NpgsqlConnectionStringBuilder(live ? Environment.GetEnvironmentVariable("RUCIO_TEST_DB")! : rucio.Database) { SearchPath = schema };
        var login = new DatabaseLogin(settings.Username!, settings.Password!);
        var address = new DatabaseAddress(settings.Host!, settings.Port, settings.Database!, schema, DatabaseSslMode.Disable, null);
        return new ContractBed(rucio, new DatabaseAccess(address, login, login), settings.ConnectionString);
    }

    /// <summary>A tag that no VO, claim or row of this Rucio has yet.</summary>
    public async Task<string> NewTagAsync()
    {
        var snapshot = (await Instance.RefreshAsync(DateTimeOffset.UtcNow, default))!;
        const string Letters = "abcdefghijklmnopqrstuvwxyz", Any = Letters + "0123456789";
        while (true)
        {
            var tag = $"{Letters[Random.Shared.Next(26)]}{Any[Random.Shared.Next(36)]}{Any[Random.Shared.Next(36)]}";
            if (tag != "def" && !snapshot.Vos.ContainsKey(tag) && _tags.Add(tag))
                return tag;
        }
    }

    public DesiredVo Desired(VirtualOrganisationSpec spec, params (string Account, string Password)[] passwords) => new(
        spec, $"tests/{spec.Tag}", Granted: false, ClaimantIsGone: false, TenantPolicyPackage.Name, $"operator-test@{spec.Tag}", $"root-password-of-{spec.Tag}",
        passwords.ToDictionary(p => p.Account, p => p.Password));

    public RucioSession Root(DesiredVo vo) => Instance.As(new RucioCredential(vo.RootIdentity, vo.RootPassword, "root", vo.Spec.Tag), TimeProvider.System);

    /// <summary>Plans and acts until nothing is left to do, as the loop does.</summary>
    public async Task<ObservedVo> ConvergeAsync(DesiredVo desired)
    {
        var observed = await Instance.RefreshVoAsync(desired.Spec.Tag, default);
        for (var round = 1; ; round++)
        {
            var plan = VoPlan.For(desired, observed);
            Assert.That(plan.Problems, Is.Empty);
            if (plan.IsEmpty)
                return observed;
            Assert.That(round, Is.LessThanOrEqualTo(6), () => "still to do: " + string.Join("; ", plan.Changes));
            await new VoPlanExecution(Instance, desired, TimeProvider.System, NullLogger.Instance).RunAsync(plan.Changes, default);
            observed = await Instance.RefreshVoAsync(desired.Spec.Tag, default);
        }
    }

    /// <summary>A VO as the operator makes it, with nothing in it.</summary>
    public async Task<DesiredVo> NewVoAsync()
    {
        var desired = Desired(new VirtualOrganisationSpec { Tag = await NewTagAsync() });
        await ConvergeAsync(desired);
        return desired;
    }

    public async Task<string> LogInAsync(string identity, string password, string account, string vo) =>
        (await Rucio.TryLogInAsync(identity, password, account, vo)).Answer.Summary;

    public async Task<int> SqlAsync(string sql, params object[] parameters)
    {
        await using var command = Catalogue.CreateCommand(sql);
        foreach (var value in parameters)
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Instance.DisposeAsync();
        await Catalogue.DisposeAsync();
        await Rucio.DisposeAsync();
    }
}

/// <summary>Runs a suite twice: on the stand-in, and on the server of RUCIO_TEST_URL where one is named.</summary>
[TestFixture(false, Description = "stand-in"), TestFixture(true, Description = "running Rucio")]
[FixtureLifeCycle(LifeCycle.SingleInstance), Category("Contract")]
public abstract class ContractTests(bool live)
{
    protected ContractBed Bed { get; private set; } = null!;

    protected bool Live => live;

    [OneTimeSetUp]
    public async Task StartAsync() => Bed = await ContractBed.StartAsync(live);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Bed is not null)
            await Bed.DisposeAsync();
    }

    protected static async Task RefusedAsync(Func<Task> call, string exceptionClass) =>
        Assert.That((await Assert.ThrowsAsync<RucioRejectedException>(call))!.ExceptionClass, Is.EqualTo(exceptionClass));
}
