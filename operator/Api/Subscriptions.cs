namespace RucioOperator.Api;

/// <summary>Rules that Rucio's transmogrifier makes for data as it appears.</summary>
public sealed record SubscriptionSpec
{
    public string Name { get; set; } = "";

    /// <summary>Account whose rules they are, and whose quota is used. Another one is another subscription.</summary>
    public string Owner { get; set; } = "";

    /// <summary>1 is the first.</summary>
    public int Priority { get; set; } = 3;

    /// <summary>Each rule carries it; absent: the subscription's name.</summary>
    public string? Comments { get; init; }
    public SubscriptionFilter Filter { get; set; } = new();
    public IReadOnlyList<SubscriptionRule> Rules { get; set; } = [];
}

/// <summary>All of it must fit. Texts are whole names in which <c>*</c> stands for any characters, never regular expressions: they run in a daemon that all VOs share.</summary>
public sealed record SubscriptionFilter
{
    /// <summary>One of them fits; the one thing that keeps a subscription within its VO.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = [];
    public IReadOnlyList<string>? Accounts { get; init; }
    public string? Pattern { get; init; }
    public string? ExcludedPattern { get; init; }

    public SubscriptionMetadata? Metadata { get; init; }
}

/// <summary>Columns of Rucio's table of DIDs that people fill (db/sqla/models.py DataIdentifier); a filter on anything else matches nothing.</summary>
public sealed record SubscriptionMetadata
{
    public string? Campaign { get; init; }
    public string? Datatype { get; init; }
    public string? PhysGroup { get; init; }
    public string? ProdStep { get; init; }
    public string? Project { get; init; }
    public string? Provenance { get; init; }
    public string? RunNumber { get; init; }
    public string? StreamName { get; init; }
    public string? TaskId { get; init; }
    public string? Version { get; init; }

    /// <summary>What is set, by field and by column.</summary>
    public IEnumerable<(string Field, string Column, string Text)> Columns() => new[]
    {
        ("campaign", "campaign", Campaign), ("datatype", "datatype", Datatype), ("physGroup", "phys_group", PhysGroup), ("prodStep", "prod_step", ProdStep), ("project", "project", Project),
        ("provenance", "provenance", Provenance), ("runNumber", "run_number", RunNumber), ("streamName", "stream_name", StreamName), ("taskId", "task_id", TaskId), ("version", "version", Version),
    }.Where(c => c.Item3 is not null).Select(c => (c.Item1, c.Item2, c.Item3!));
}

public sealed record SubscriptionRule
{
    public string RseExpression { get; set; } = "";
    public int Copies { get; set; } = 1;
    public string Activity { get; set; } = "User Subscriptions";

    /// <summary>Of each rule, from when it is made; absent: for ever.</summary>
    public string? Lifetime { get; init; }
}
