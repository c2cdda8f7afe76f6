using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using RucioOperator.Apply.Transfers;
using RucioOperator.Grid;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Apply.Transfers;

/// <summary>A keeper among servers that are played, in a time that is played: what is due is done when the clock has been moved.</summary>
internal sealed class KeeperBed : IDisposable
{
    public static readonly Uri North = new("https://fts-north.example.org:8446"), South = new("https://fts-south.example.org:8446");
    public static readonly ObjectKey Instance = new("rucio", "rucio"), Vo = new("sky", "sky");
    public static readonly Holder Sky = new(Instance, "sky");

    public KeeperBed()
    {
        Clock = new(Seconds(DateTimeOffset.UtcNow));
        Grid = new(Clock);
        Keeper = NewKeeper();
        Robot = Grid.Robot("sky");
    }

    public FakeTimeProvider Clock { get; }
    public PlayedGrid Grid { get; }
    public ProxyKeeper Keeper { get; private set; }
    public ClientCredential Robot { get; }
    public ConcurrentQueue<Holder> Woken { get; } = new();
    public ConcurrentQueue<(string Step, string Reason)> Failed { get; } = new();
    public LogLines Lines { get; } = new();
    public IReadOnlyList<IPAddress>? VomsAt { get; set; } = [IPAddress.Loopback];
    public TransferState State => Keeper.Find(Sky, Vo) ?? TransferState.Nothing;

    public string Id => PlayedGrid.IdOf(Robot.Dn, []);

    public TransferWish Wish(ClientCredential? credential = null, params IReadOnlyList<Uri> servers) =>
        new(Sky, Vo, credential ?? Robot, (credential ?? Robot).Chain[0].Thumbprint, null, servers.Count == 0 ? [North, South] : servers, "", TimeSpan.FromHours(96), TimeSpan.FromHours(48));

    public static VomsWish Voms(params IReadOnlyList<string> fqans) => new(new VomsServerAddress("sky", "voms.example.org", 15000, null), fqans.Count == 0 ? ["/sky"] : fqans, null);

    public TransferState Follow(TransferWish wish, string? saved = null, bool now = false) => Keeper.Follow(wish, saved is null ? null : () => saved, now);

    /// <summary>Minute by minute: a clock that jumps would wake everybody late.</summary>
    public void Pass(TimeSpan time)
    {
        for (var minute = TimeSpan.FromMinutes(1); time > TimeSpan.Zero; time -= minute)
            Clock.Advance(time < minute ? time : minute);
    }

    public void Restart()
    {
        Keeper.Dispose();
        Keeper = NewKeeper();
        Grid.Calls.Clear();
    }

    public DateTimeOffset Held(Uri server, ClientCredential? credential = null) => Grid.Held[(server, PlayedGrid.IdOf((credential ?? Robot).Dn, []))];

    public void Dispose()
    {
        Keeper.Dispose();
        Grid.Dispose();
    }

    public static DateTimeOffset Seconds(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);

    private ProxyKeeper NewKeeper()
    {
        var keeper = new ProxyKeeper(Grid, (_, _) => Task.FromResult(VomsAt), Clock, () => 0.5, (_, step, reason) => Failed.Enqueue((step, reason)), Lines);
        keeper.Changed += Woken.Enqueue;
        return keeper;
    }
}
