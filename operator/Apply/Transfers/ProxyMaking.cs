using RucioOperator.Grid;

namespace RucioOperator.Apply.Transfers;

/// <summary>One proxy as a wish wants it, with its attributes.</summary>
internal static class ProxyMaking
{
    /// <exception cref="GridRefusedException">The VOMS server does not answer, or refuses.</exception>
    public static async Task<(ClientCredential? Proxy, TransferFault? Fault)> MakeAsync(TransferTools tools, TransferWish wish, CancellationToken ct)
    {
        byte[]? attributes = null;
        if (wish.Voms is { } voms)
        {
            using var turn = await tools.Turns.VomsAsync(ct);
            switch (await tools.Reach(voms, ct))
            {
                case null:
                    return (null, tools.Fault(TransferFault.VomsStep, TransferFault.HostNotAllowed, $"the operator does not connect to {voms.Server.Host} for a tenant: the platform engineer may allow it in spec.tenancy.allowedHosts of the RucioInstance"));
                case []:
                    return (null, tools.Fault(TransferFault.VomsStep, GridRefusedException.VomsUnreachable, $"the name {voms.Server.Host} leads nowhere"));
                case { } addresses:
                    attributes = await tools.Servers.AttributesAsync(voms.Server, addresses, wish.Credential, wish.Authorities, voms.Fqans, wish.Lifetime, ct);
                    break;
            }
        }
        using var keys = await tools.Turns.KeyAsync(ct);
        var proxy = ProxyCertificate.Of(wish.Credential, tools.Now, wish.Lifetime, attributes);
        return wish.Voms is { } asked && VomsFault(tools, asked, proxy) is { } fault ? (null, fault) : (proxy, null);
    }

    /// <summary>A server may leave out what it does not grant, and then says nothing of it.</summary>
    private static TransferFault? VomsFault(TransferTools tools, VomsWish asked, ClientCredential proxy)
    {
        if (proxy.Attributes is not { } given || given.NotAfter <= tools.Now || given.NotBefore > tools.Now.AddMinutes(5))
        {
            return tools.Fault(TransferFault.VomsStep, TransferFault.ClockSkew, $"{asked.Server.Host} gave attributes from {proxy.Attributes?.NotBefore:u} to {proxy.Attributes?.NotAfter:u}, and the operator's clock says {tools.Now:u}: one of them is wrong");
        }
        return Missing(asked.Fqans, given.Fqans) is [var missing, ..]
            ? tools.Fault(TransferFault.VomsStep, GridRefusedException.VomsRefused, $"{asked.Server.Host} does not give {missing} to this certificate, only {string.Join(", ", given.Fqans.Take(5))}")
            : null;
    }

    /// <summary>Of the groups and roles asked for, which were not given.</summary>
    public static IReadOnlyList<string> Missing(IEnumerable<string> asked, IReadOnlyList<string> given) => [.. asked.Where(a => !given.Contains(VomsAttributes.Short(a)))];
}
