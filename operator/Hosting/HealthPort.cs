using System.Net;
using System.Net.Sockets;

namespace RucioOperator.Hosting;

/// <summary>Looked at before anything else starts: a server that can't listen would say so in many lines, with the lease already taken.</summary>
internal static class HealthPort
{
    /// <returns>Why nobody can listen there, or null.</returns>
    public static string? Refusal(int port)
    {
        if (port == 0)
            return null;
        try
        {
            using var socket = Socket.OSSupportsIPv6 ? new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true } : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.Listen();
            return null;
        }
        catch (SocketException error)
        {
            return $"port {port} can't be listened on: {error.Message}";
        }
    }
}
