using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Grid;

/// <summary>
/// A folder as grid tools want it: hashed authorities, robot and VOMS server with their keys, and <c>.lsc</c> files. What
/// is told by the tools is the truth that ours is compared with.
/// </summary>
internal sealed class GridTools : IDisposable
{
    public const string Vo = "escape";
    public const string VomsHost = "voms.example.org";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("grid-tools-");

    public GridTools()
    {
        Authority = new ThrowAwayAuthority("Grid CA", rsa: true);
        Robot = Authority.IssueToRobot("Robot: data mover");
        Voms = Authority.IssueToGridServer(VomsHost);
        foreach (var (name, text) in AuthorityFiles.From([("test", Authority.CaPem)]).Files)
            Write(Path.Combine("certificates", name), text);
        var hash = Directory.GetFiles(At("certificates"), "*.0").Select(Path.GetFileNameWithoutExtension).Single();
        Write($"certificates/{hash}.signing_policy", "access_id_CA X509 '/CN=Grid CA'\npos_rights globus CA:sign\ncond_subjects globus '\"*\"'\n");
        Write($"vomsdir/{Vo}/{VomsHost}.lsc", $"/DC=org/DC=example/OU=Hosts/CN={VomsHost}\n/CN=Grid CA\n");
        // Older tools want a file to seed from.
        Write(".rnd", Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(1024)));
        Save("user", Robot);
        Save("host", Voms);
    }

    public ThrowAwayAuthority Authority { get; }
    public (string CertificatePem, string KeyPem) Robot { get; }
    public (string CertificatePem, string KeyPem) Voms { get; }
    public ClientCredential Credential => ClientCredential.FromPem(Robot.CertificatePem, Robot.KeyPem);

    public string At(string name) => Path.Combine(_folder.FullName, name);

    public void Save(string name, (string CertificatePem, string KeyPem) pair)
    {
        Write($"{name}cert.pem", pair.CertificatePem);
        Write($"{name}key.pem", pair.KeyPem);
    }

    /// <summary>Readable by its owner alone: the tools refuse keys that others can read.</summary>
    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(At(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return At(name);
    }

    /// <returns>What it wrote; the test fails where it ends with an error, and is skipped where the program is missing.</returns>
    public string Run(string package, string program, params string[] arguments)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program))))
            Assert.Ignore($"needs {program} (package {package})");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = _folder.FullName };
        start.Environment["X509_CERT_DIR"] = At("certificates");
        start.Environment["X509_VOMS_DIR"] = At("vomsdir");
        start.Environment["HOME"] = _folder.FullName;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}: {text}{errors.Result}");
        return text + errors.Result;
    }

    public void Dispose()
    {
        Authority.Dispose();
        _folder.Delete(recursive: true);
    }
}
