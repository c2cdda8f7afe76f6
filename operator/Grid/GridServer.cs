using System.Net;

namespace RucioOperator.Grid;

/// <summary>Where a server is, and by what it is known.</summary>
/// <param name="Host">IPv6 in brackets.</param>
/// <param name="Addresses">Of the host; asked again for each connection.</param>
/// <param name="Dn">Subject of its certificate, with slashes; null: any that has the host's name.</param>
/// <param name="AuthoritiesPem">Trusted besides the system's.</param>
internal sealed record GridServer(string Host, int Port, Func<CancellationToken, Task<IReadOnlyList<IPAddress>>> Addresses, string? Dn, string AuthoritiesPem);
