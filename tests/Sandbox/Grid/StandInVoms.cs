using System.Collections.Concurrent;
using System.Globalization;
using System.Security;
using Microsoft.AspNetCore.Http;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox.Grid;

public enum VomsKind
{
    /// <summary>IAM's (iam-voms-aa): errors have status 200 and numbers.</summary>
    Iam,

    /// <summary>italiangrid/voms: errors have a status and names, queries are taken as they come.</summary>
    Cpp,
}

/// <summary>A VOMS server's REST interface, with real attribute certificates.</summary>
public sealed class StandInVoms : IAsyncDisposable
{
    private readonly ConcurrentQueue<GridRequest> log = new();
    private readonly (string CertificatePem, string KeyPem) own;
    private GridListener listener = null!;

    private StandInVoms(string vo, (string, string) own) => (Vo, this.own) = (vo, own);

    public string Vo { get; }
    public VomsKind Kind { get; set; }
    public Uri Url => listener.Url;
    public int Port => listener.Port;

    /// <summary>Subject of its certificate, as a vomses line has it.</summary>
    public string Dn => "/DC=org/DC=example/OU=Hosts/CN=localhost";

    public string VomsesLine => $"\"{Vo}\" \"localhost\" \"{Port}\" \"{Dn}\" \"{Vo}\"";

    /// <summary>Groups and roles, as FQANs, by DN.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<string>> Members { get; } = new();

    /// <summary>By DN.</summary>
    public ConcurrentDictionary<string, bool> Suspended { get; } = new();

    /// <summary>More is not given, whatever is wished.</summary>
    public TimeSpan LongestLife { get; set; } = TimeSpan.FromHours(12);

    /// <inheritdoc cref="GridListener.IsDown"/>
    public bool IsDown
    {
        get => listener.IsDown;
        set => listener.IsDown = value;
    }

    public TimeProvider Clock
    {
        get => listener.Clock;
        set => listener.Clock = value;
    }

    /// <summary>Every answer has this status.</summary>
    public int? FailWith { get; set; }

    /// <summary>What is answered instead.</summary>
    public string? Garbage { get; set; }

    /// <summary>No answer before this is over.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    public IReadOnlyList<GridRequest> Requests => [.. log];

    /// <summary>At localhost.</summary>
    public static async Task<StandInVoms> StartAsync(ThrowAwayAuthority clients, string vo, ThrowAwayAuthority? own = null)
    {
        var server = (own ?? clients).IssueToGridServer("localhost");
        var voms = new StandInVoms(vo, server);
        voms.listener = await GridListener.StartAsync(clients.CaPem, server, 0, voms.AnswerAsync);
        return voms;
    }

    public ValueTask DisposeAsync() => listener.DisposeAsync();

    private async Task AnswerAsync(HttpContext http, GridClient? client)
    {
        await Hold.WaitAsync(http.RequestAborted);
        var (status, text) = Answer(http, client);
        log.Enqueue(new GridRequest(http.Request.Method, http.Request.Path + http.Request.QueryString, client?.Dn, client?.Fqans ?? [], client?.Chain.Count ?? 0, status));
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/xml; charset=utf-8";
        await http.Response.WriteAsync(text, http.RequestAborted);
    }

    private (int Status, string Text) Answer(HttpContext http, GridClient? client)
    {
        if (Garbage is not null)
            return (200, Garbage);
        if (FailWith is { } fails)
            return (fails, "<?xml version=\"1.0\"?>\n<voms>\n  <error>\n    <code>1006</code>\n    <message>Internal server error: the VOMS server is not really working as it should...</message>\n  </error>\n</voms>");
        if (http.Request.Path != "/generate-ac")
            return (404, "");
        if (client is null)
            return Error(400, "1006", "BadRequest", "Client is not authenticated.");
        if (!Members.TryGetValue(client.Dn, out var groups))
            return Kind == VomsKind.Iam ? Error(403, "1001", "NoSuchUser", $"User unknown to this VO: '{client.Dn}' (issued by 'CN=Grid CA')") : Error(403, "1001", "NoSuchUser", $"User unknown to this VO.");
        if (Suspended.ContainsKey(client.Dn))
            return Error(403, "1004", "SuspendedUser", $"User '{client.Dn}' is not active.");
        // The C++ server decodes nothing.
        var query = http.Request.QueryString.Value!.TrimStart('?').Split('&').Select(p => p.Split('=', 2)).Where(p => p.Length == 2)
            .ToDictionary(p => p[0], p => Kind == VomsKind.Cpp ? p[1] : Uri.UnescapeDataString(p[1]));
        var wanted = query.TryGetValue("fqans", out var listed) && listed.Length > 0 ? listed.Split(',') : [$"/{Vo}"];
        if (wanted.FirstOrDefault(w => !groups.Contains(w)) is { } missing)
            return Kind == VomsKind.Iam
                ? Error(400, "1007", "", $"User is not authorized to request attribute '{missing}' or attribute does not exist.")
                : Error(400, "1001", "BadRequest", $"{Vo}: Unable to satisfy G{missing} Request!");
        var wished = query.TryGetValue("lifetime", out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : LongestLife;
        var now = Clock.GetUtcNow();
        // The groups that are nobody's choice follow what was asked for.
        var issued = wanted.Concat(groups.Where(g => !g.Contains("/Role=", StringComparison.Ordinal)).Order(StringComparer.Ordinal)).Distinct();
        var attributes = new AttributeAuthority(Vo, "localhost", Port, own.CertificatePem, own.KeyPem)
            .Issue(client.Chain.First(c => GridClient.DnOf(c.SubjectName) == client.Dn), issued, now, now + (wished < LongestLife ? wished : LongestLife));
        var warning = wished <= LongestLife ? "" : $"<warning>WARNING: {Vo} : The validity of this VOMS AC in your proxy is shortened to {(long)LongestLife.TotalSeconds} seconds, which is the maximum allowed by this VOMS server configuration.</warning>";
        return (200, $"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><voms><ac>{Convert.ToBase64String(attributes, Base64FormattingOptions.InsertLineBreaks)}\r\n</ac>{warning}</voms>");
    }

    private (int, string) Error(int status, string number, string name, string message) =>
        (Kind == VomsKind.Iam ? 200 : status, $"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><voms><error><code>{(Kind == VomsKind.Iam ? number : name)}</code><message>{SecurityElement.Escape(message)}</message></error></voms>");
}
