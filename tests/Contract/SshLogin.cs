using System.Security.Cryptography;
using System.Text;

namespace RucioOperator.Tests.Contract;

/// <summary>Logs in with an SSH key as Rucio's client does (lib/rucio/client/baseclient.py): a challenge, signed.</summary>
internal static class SshLogin
{
    private static readonly HttpClient Http = new();

    /// <returns>The status: 200 is in.</returns>
    public static async Task<int> TryAsync(string url, RSA key, string account, string vo)
    {
        var challenge = await SendAsync($"{url}/auth/ssh_challenge_token", account, vo, null);
        if (!challenge.IsSuccessStatusCode)
            return (int)challenge.StatusCode;
        var token = challenge.Headers.GetValues("X-Rucio-SSH-Challenge-Token").Single();
        var signature = key.SignData(Encoding.UTF8.GetBytes(token), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var message = (byte[])[.. Field("rsa-sha2-256"u8), .. Field(signature)];
        return (int)(await SendAsync($"{url}/auth/ssh", account, vo, Convert.ToBase64String(message))).StatusCode;
    }

    private static Task<HttpResponseMessage> SendAsync(string url, string account, string vo, string? signature)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("X-Rucio-Account", account);
        request.Headers.Add("X-Rucio-VO", vo);
        if (signature is not null)
            request.Headers.Add("X-Rucio-SSH-Signature", signature);
        return Http.SendAsync(request);
    }

    private static byte[] Field(ReadOnlySpan<byte> bytes)
    {
        var length = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return [.. length, .. bytes];
    }
}
