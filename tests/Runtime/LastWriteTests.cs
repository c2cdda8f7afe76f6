using k8s.Models;
using NUnit.Framework;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

/// <summary>Who is told to end: what of its requests is still waited for.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LastWriteTests
{
    private readonly TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stop = new();
    private KubeBed bed = null!;

    [SetUp]
    public async Task StartAsync()
    {
        bed = await KubeBed.StartAsync();
        bed.Server.OnRequest = _ =>
        {
            arrived.TrySetResult();
            return go.Task;
        };
    }

    [TearDown]
    public async Task StopAsync()
    {
        go.TrySetResult();
        await bed.DisposeAsync();
        stop.Dispose();
    }

    [Test]
    public async Task A_write_on_its_way_is_waited_for()
    {
        var map = new V1ConfigMap { ApiVersion = "v1", Kind = "ConfigMap", Metadata = new V1ObjectMeta { Name = "last", NamespaceProperty = KubeBed.Ns } };
        var write = bed.Api.ApplyAsync(map, "test", stop.Token);
        await arrived.Task;
        await stop.CancelAsync();
        go.SetResult();

        Assert.That((await write).Metadata.Uid, Is.Not.Empty);
    }

    [Test]
    public async Task A_read_is_not()
    {
        var read = bed.Api.GetAsync<V1ConfigMap>(new ObjectKey(KubeBed.Ns, "last"), stop.Token);
        await arrived.Task;
        await stop.CancelAsync();

        Assert.That(async () => await read, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_write_that_was_not_sent_never_is()
    {
        await stop.CancelAsync();

        Assert.That(async () => await bed.Api.DeleteAsync<V1ConfigMap>(new ObjectKey(KubeBed.Ns, "last"), null, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(bed.Server.Requests.Count(), Is.Zero);
    }
}
