using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>One catalogue, one operator; and a cluster that is made anew finds its catalogue again.</summary>
[Parallelizable]
public sealed class CatalogueOwnerTests
{
    private const string TakeOver = "rucio.cern.ch/take-over-catalogue";

    /// <summary>What a login leaves, and the operator's heartbeat.</summary>
    private static readonly string[] Passing = ["tokens", "heartbeats", "configs_history", "messages"];

    [Test]
    public async Task A_clone_of_the_cluster_is_refused_while_the_first_lives_and_takes_over_when_it_is_dead()
    {
        await using var first = await World.StartAsync("--drift-interval=1s");
        var ns = first.Ns("clone");
        first.ApplyInstance(ns);
        await first.ReadyAsync((World.Instances, ns, "rucio"));
        var (database, superRoot) = (first.Secret(ns, "rucio-database")!, first.Secret(ns, "rucio-super-root")!);

        await using var clone = await first.StartTwinAsync("--drift-interval=1s");
        clone.ApplyInstance(ns);
        var refused = await clone.NotReadyAsync(World.Instances, ns, "rucio", "CatalogueOwnedElsewhere");
        Assert.That(World.Message(refused), Does.Contain($"{ns}/rucio").And.Contain(TakeOver).And.Contain(ClusterId(first)));
        Assert.That(clone.Store.List("deployments.apps", ns), Is.Empty);
        await first.LooksAsync(2);
        Assert.That(await first.DatabaseLoginAsync(first.DatabaseName(ns), database["username"], database["password"]), Is.EqualTo("ok"), "the first one's password was not touched");
        Assert.That(SandboxBed.IsReady(first.Store.Get(World.Instances, ns, "rucio")!));

        first.Bed.KillOperator();
        await first.SqlAsync(first.DatabaseName(ns), "UPDATE configs SET updated_at = updated_at - interval '1 day' WHERE opt = 'owner'");
        clone.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", "now");
        await clone.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(clone.Bed.Workloads.Bootstraps, Is.Zero);
        Assert.That(await first.DatabaseLoginAsync(first.DatabaseName(ns), database["username"], database["password"]), Is.EqualTo("28P01"));
        Assert.That(await Logins.StatusAsync(clone, ns, "admin", superRoot["username"], superRoot["password"], "super_root", "def"), Is.EqualTo(401));

        first.Bed.StartOperator("--drift-interval=1s");
        await first.NotReadyAsync(World.Instances, ns, "rucio", "CatalogueOwnedElsewhere");
        await clone.LooksAsync(2);
        Assert.That(SandboxBed.IsReady(clone.Store.Get(World.Instances, ns, "rucio")!));
    }

    [Test]
    public async Task Two_instances_on_one_database_do_not_share_it_and_a_deleted_one_lets_go_at_once()
    {
        await using var world = await World.StartAsync("--drift-interval=1h");
        var ns = world.Ns("shared");
        world.ApplyInstance(ns);
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        var existing = (string name) => $$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: RucioInstance
            metadata: {name: {{name}}, namespace: {{ns}}}
            spec:
              version: 41.0.0
              database: {existing: {host: {{world.Proxy.Host}}, port: {{world.Proxy.Port}}, name: {{world.DatabaseName(ns)}}, sslMode: Disable, credentialsSecretRef: {name: rucio-database} } }
            """;
        world.Apply(existing("second"));
        var refused = await world.NotReadyAsync(World.Instances, ns, "second", "CatalogueOwnedElsewhere");
        Assert.That(World.Message(refused), Does.Contain($"{ns}/rucio").And.Not.Contain(TakeOver));

        world.Store.Delete(World.Instances, ns, "rucio");
        await world.GoneAsync(World.Instances, ns, "rucio");
        await world.SqlBecomesAsync(world.DatabaseName(ns), "SELECT value FROM configs WHERE opt = 'owner'", null);
        world.Annotate(World.Instances, ns, "second", "rucio.cern.ch/reconcile-at", "now");
        await world.ReadyAsync((World.Instances, ns, "second"));
    }

    [Test]
    public async Task A_cluster_made_anew_with_the_same_manifests_finds_every_row_and_only_new_credentials_work()
    {
        var old = await World.StartAsync("--drift-interval=1h");
        await old.ReadyAsync(TwoExperiments.Apply(old));
        var (rucio, sky, sea) = (old.Ns("rucio"), old.Ns("sky"), old.Ns("sea"));
        var (database, cluster) = (old.DatabaseName(rucio), ClusterId(old));
        // Quotas on each storage come after the storages.
        await old.SqlBecomesAsync(database, "SELECT count(*) FROM account_limits", "3");
        var (names, rows) = (await IdentitiesAsync(old, database), await RowsAsync(old, database));
        (string Ns, string Name, string Server, string Account, string Vo)[] logins =
        [
            (rucio, "rucio-super-root", "admin", "super_root", "def"), (rucio, "rucio-vo-sky-root", "admin", "root", "sky"),
            (rucio, "rucio-vo-sea-root", "admin", "root", "sea"), (sky, "sky-alice-login", "api", "alice", "sky"),
        ];
        var before = logins.ToDictionary(l => l.Name, l => old.Secret(l.Ns, l.Name)!);
        var password = old.Secret(rucio, "rucio-database")!;
        var twin = old.StartTwinAsync("--no-operator");
        await old.DisposeAsync();

        await using var anew = await twin;
        anew.Bed.StartOperator("--drift-interval=1h");
        var objects = TwoExperiments.Apply(anew);
        await anew.NotReadyAsync(World.Instances, rucio, "rucio", "CatalogueOwnedElsewhere");
        anew.Annotate(World.Instances, rucio, "rucio", TakeOver, cluster);
        await anew.ReadyAsync(objects);

        Assert.That(anew.Bed.Workloads.Bootstraps, Is.Zero, "no second bootstrap");
        Assert.That(await RowsAsync(anew, database), Is.EqualTo(rows), "row by row, credentials and times aside");
        Assert.That(await IdentitiesAsync(anew, database), Is.EqualTo(names), "the same accounts can log in, each with as many identities");
        foreach (var (ns, name, server, account, vo) in logins)
        {
            var after = anew.Secret(ns, name)!;
            Assert.That(await Logins.StatusAsync(anew, rucio, server, after["username"], after["password"], account, vo), Is.EqualTo(200), name);
            Assert.That(await Logins.StatusAsync(anew, rucio, server, before[name]["username"], before[name]["password"], account, vo), Is.EqualTo(401), $"{name} of the cluster before");
        }
        Assert.That(await anew.DatabaseLoginAsync(database, password["username"], password["password"]), Does.StartWith("28"));
        Assert.That(await anew.DatabaseLoginAsync(database, password["observer-username"], password["observer-password"]), Does.StartWith("28"));
        anew.AssertNoSecretIsTold();
    }

    private static string ClusterId(World world) => world.Store.Get("namespaces", "", "kube-system")!["metadata"]!["uid"]!.GetValue<string>();

    /// <summary>Accounts that somebody can log in to, by type of identity; the operator's own names are random.</summary>
    private static Task<IReadOnlyList<string>> IdentitiesAsync(World world, string database) =>
        world.SqlAsync(database, "SELECT account, identity_type::text, count(*) FROM account_map GROUP BY 1, 2 ORDER BY 1, 2");

    private static async Task<SortedSet<string>> RowsAsync(World world, string database)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        var tables = await world.SqlAsync(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'rucio' ORDER BY 1");
        Assert.That(tables, Has.Count.GreaterThan(25));
        foreach (var table in tables.Except(Passing))
        {
            foreach (var text in await world.SqlAsync(database, $"SELECT to_jsonb(t)::text FROM rucio.\"{table}\" t"))
            {
                var row = JsonNode.Parse(text)!.AsObject();
                if (table is "identities" or "account_map" && IsOperators(row) || table == "configs" && row["opt"]!.GetValue<string>() == "owner")
                    continue;
                foreach (var column in (string[])["password", "salt", "updated_at", "created_at"])
                    row.Remove(column);
                lines.Add($"{table} {row.ToJsonString()}");
            }
        }
        Assert.That(lines, Has.Count.GreaterThan(50));
        return lines;
    }

    /// <summary>Their names are random; what is mapped to whom is compared by number.</summary>
    private static bool IsOperators(JsonObject row) =>
        row["identity"]!.GetValue<string>() is var name && (name.StartsWith("rucio-operator-", StringComparison.Ordinal) || name.StartsWith("operator-", StringComparison.Ordinal));
}
