using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>URLs signed with the keys in rse-accounts.cfg (lib/rucio/core/credential.py), as without memcached: the file is read each time.</summary>
internal static class CredentialViews
{
    public static readonly Route[] Routes = [new("GET", "/credentials/signurl", SignAsync, "", "application/octet-stream")];

    private static async Task<Answer> SignAsync(Call call)
    {
        var (rse, url) = (Query("rse"), Query("url"));
        var (service, operation) = (call.Query("svc") ?? "gcs", call.Query("op") ?? "read");
        var lifetime = int.TryParse(call.Query("lifetime"), out var seconds) ? seconds : 600;
        if (service is not ("gcs" or "s3" or "swift"))
            throw new AbortException(400, "ValueError", "Parameter \"svc\" must be either empty (which defaults to \"gcs\"), \"gcs\", \"s3\" or \"swift\"");
        if (operation is not ("read" or "write" or "delete"))
            throw new AbortException(400, "ValueError", "Parameter \"op\" must be either empty (which defaults to \"read\"), \"read\", \"write\", or \"delete\".");
        await Permissions.RequireAsync(call, "get_signed_url", $"Account {call.Issuer.External} can not get signed URL for rse={rse}, service={service}, operation={operation}, url={url}, lifetime={lifetime}");
        var id = (await RseTable.IdAsync(call, rse)).ToString("N");
        var method = operation switch { "read" => "GET", "write" => "PUT", _ => "DELETE" };
        return service switch
        {
            "s3" => Answer.Text(200, S3(call, id, method, new Uri(url), lifetime)),
            "swift" => Answer.Text(200, Swift(call, id, method, new Uri(url), lifetime)),
            _ => throw new PythonException("[Errno 2] No such file or directory: '/opt/rucio/etc/google-cloud-storage-test.json'"),
        };

        string Query(string name) => call.Query(name) ?? throw new AbortException(400, "ValueError", $"Parameter \"{name}\" not found");
    }

    private static string S3(Call call, string id, string method, Uri url, int lifetime)
    {
        // Another style than path is not played.
        if (url.AbsolutePath.Split('/').Length < 3)
            throw new RucioException("UnsupportedOperation", "Not a valid Path-Style S3 URL");
        var keys = Keys(call, id);
        if (Key(keys, "signature_version") != "s3v4")
            throw new PythonException("the stand-in signs s3v4 alone");
        return S3Signature.Presign(method, url, Key(keys, "access_key"), Key(keys, "secret_key"), Key(keys, "region"), DateTime.UtcNow, lifetime);
    }

    /// <summary>The port is lost.</summary>
    private static string Swift(Call call, string id, string method, Uri url, int lifetime)
    {
        var expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + lifetime;
        var signature = HMACSHA1.HashData(Encoding.UTF8.GetBytes(Key(Keys(call, id), "tempurl_key")), Encoding.UTF8.GetBytes($"{method}\n{expires}\n{url.AbsolutePath}"));
        return $"https://{url.Host}{url.AbsolutePath}?temp_url_sig={Convert.ToHexStringLower(signature)}&temp_url_expires={expires}";
    }

    private static JsonObject Keys(Call call, string id)
    {
        JsonNode? file;
        try
        {
            file = JsonNode.Parse(call.Server.RseAccounts?.Invoke() ?? throw new RucioException("ErrorLoadingCredentials", "[Errno 2] No such file or directory: ''"));
        }
        catch (JsonException)
        {
            throw new RucioException("ErrorLoadingCredentials", "Expecting value: line 1 column 1 (char 0)");
        }
        return file![id] as JsonObject ?? throw new PythonException("'NoneType' object is not subscriptable");
    }

    private static string Key(JsonObject keys, string name) => keys[name]?.GetValue<string>() ?? throw new PythonException($"'{name}'");
}

/// <summary>AWS Signature Version 4 in a URL, as botocore makes it for path-style addresses.</summary>
public static class S3Signature
{
    public static string Presign(string method, Uri url, string accessKey, string secretKey, string region, DateTime now, int lifetime)
    {
        var (time, day) = (now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture), now.ToString("yyyyMMdd", CultureInfo.InvariantCulture));
        var scope = $"{day}/{region}/s3/aws4_request";
        var path = string.Join('/', url.AbsolutePath.Split('/').Select(Uri.EscapeDataString));
        var query = $"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={Uri.EscapeDataString($"{accessKey}/{scope}")}&X-Amz-Date={time}&X-Amz-Expires={lifetime}&X-Amz-SignedHeaders=host";
        var request = $"{method}\n{path}\n{query}\nhost:{(url.Port == 443 ? url.Host : $"{url.Host}:{url.Port}")}\n\nhost\nUNSIGNED-PAYLOAD";
        var text = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var key = ((string[])[day, region, "s3", "aws4_request"]).Aggregate(Encoding.UTF8.GetBytes("AWS4" + secretKey), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        return $"https://{url.Host}:{url.Port}{path}?{query}&X-Amz-Signature={Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))}";
    }
}
