using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Workloads;

/// <summary>
/// Plays the Job that checks a data path. On a running Rucio its own script runs, with Rucio's client (RUCIO_PYTHON); on the
/// stand-in, which has no storages, the calls that the client would make.
/// </summary>
internal static class DataPathRun
{
    private const string Folder = "/opt/rucio/check";

    /// <summary>Whether it went well, and the last words either way.</summary>
    public static Task<(bool Passed, string Words)> RunAsync(PodSpec pod, Func<string, string, string>? standIn, CancellationToken ct)
    {
        var files = pod.Files()!;
        var client = files[$"{Folder}/rucio.cfg"].Split('\n').Select(l => l.Split(" = ", 2)).Where(l => l.Length == 2).ToDictionary(l => l[0], l => l[1]);
        var check = JsonNode.Parse(pod.Environment["CHECK"])!;
        return standIn is null ? ScriptAsync(pod, files, ct) : CallsAsync(client, check, standIn, ct);
    }

    public static bool IsPossible(bool live) => !live || Environment.GetEnvironmentVariable("RUCIO_PYTHON") is { Length: > 0 } && Environment.GetEnvironmentVariable("RUCIO_TEST_PUBLIC_URL") is { Length: > 0 };

    private static async Task<(bool, string)> ScriptAsync(PodSpec pod, IReadOnlyDictionary<string, string> files, CancellationToken ct)
    {
        var root = Directory.CreateTempSubdirectory("rucio-sandbox-check-");
        try
        {
            var server = new Uri(Environment.GetEnvironmentVariable("RUCIO_TEST_PUBLIC_URL")!).GetLeftPart(UriPartial.Authority);
            foreach (var (path, text) in files)
            {
                var file = root.FullName + path;
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                // Names of Services mean nothing here.
                await File.WriteAllTextAsync(file, path.EndsWith(".cfg", StringComparison.Ordinal) ? System.Text.RegularExpressions.Regex.Replace(text, @"(?<=_host = )\S+", server) : text, ct);
            }
            var words = Path.Combine(root.FullName, "last-words");
            var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("RUCIO_PYTHON")!, root.FullName + pod.Command[1]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = root.FullName };
            foreach (var (name, value) in pod.Environment)
                start.Environment[name] = name == "RUCIO_CONFIG" ? root.FullName + value : value;
            start.Environment["CHECK_LAST_WORDS"] = words;
            start.Environment["CHECK_CREDENTIAL"] = Path.Combine(root.FullName, "no-credential");
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
            await process.WaitForExitAsync(ct);
            var log = $"{await output}{await errors}";
            return (process.ExitCode == 0, File.Exists(words) ? await File.ReadAllTextAsync(words, ct) : log.Trim().Split('\n')[^1]);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static async Task<(bool, string)> CallsAsync(Dictionary<string, string> client, JsonNode check, Func<string, string, string> standIn, CancellationToken ct)
    {
        var host = new Uri(client["rucio_host"]).Host.Split('.');
        using var http = new HttpClient { BaseAddress = new Uri(standIn(host[1], host[0]) + "/") };
        try
        {
            using var login = new HttpRequestMessage(HttpMethod.Get, "auth/userpass");
            foreach (var (name, value) in (IEnumerable<(string, string)>)[("X-Rucio-VO", client.GetValueOrDefault("vo") ?? "def"), ("X-Rucio-Account", client["account"]), ("X-Rucio-Username", client["username"]), ("X-Rucio-Password", client["password"])])
                login.Headers.TryAddWithoutValidation(name, value);
            using var answer = await http.SendAsync(login, ct);
            if (answer.StatusCode != HttpStatusCode.OK)
                return (false, Words("failed", "login: CannotAuthenticate"));
            http.DefaultRequestHeaders.Add("X-Rucio-Auth-Token", answer.Headers.GetValues("X-Rucio-Auth-Token").First());
            foreach (var rse in check["rses"]!.AsArray().Select(r => r!.GetValue<string>()))
            {
                var (scope, name) = (check["scope"]!.GetValue<string>(), $"check-{check["run"]}-{rse}");
                var file = $$"""{"scope": "{{scope}}", "name": "{{name}}"}""";
                foreach (var (step, method, path, body) in (IEnumerable<(string, string, string, string)>)
                [
                    ("upload", "POST", "replicas", $$"""{"rse": "{{rse}}", "files": [{"scope": "{{scope}}", "name": "{{name}}", "bytes": 1024, "adler32": "00000001", "state": "C"}]}"""),
                    ("upload", "PUT", "replicas", $$"""{"rse": "{{rse}}", "files": [{"scope": "{{scope}}", "name": "{{name}}", "state": "A"}]}"""),
                    ("listing", "POST", "replicas/list", $$"""{"dids": [{{file}}]}"""),
                    ("rule", "POST", "rules/", $$"""{"dids": [{{file}}], "account": "{{client["account"]}}", "copies": 1, "rse_expression": "{{rse}}", "lifetime": 3600}"""),
                ])
                {
                    var (status, text) = await SendAsync(http, method, path, body, ct);
                    if (status is not (200 or 201))
                        return (false, Words("failed", $"{rse}, {step}: {JsonNode.Parse(text)?["ExceptionClass"]}"));
                    if (step == "rule" && (await SendAsync(http, "DELETE", $"rules/{JsonNode.Parse(text)![0]}", "{}", ct)).Status != 200)
                        return (false, Words("failed", $"{rse}, deletion: refused"));
                }
            }
            return (true, Words("ok", $"Uploaded to, found on, ruled and given up on {string.Join(", ", check["rses"]!.AsArray())} in 0.1 s"));
        }
        catch (HttpRequestException error)
        {
            return (false, Words("failed", $"login: {error.HttpRequestError}"));
        }
    }

    private static async Task<(int Status, string Text)> SendAsync(HttpClient http, string method, string path, string body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request, ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(ct));
    }

    private static string Words(string outcome, string message) => new JsonObject { ["outcome"] = outcome, ["message"] = message }.ToJsonString();
}
