using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Image;

/// <summary>What the image's tool and image/build say when they are asked wrongly.</summary>
public sealed class CommandsTests
{
    [TestCase("", 2, "rucio-image pack --name")]
    [TestCase("pack --name a:1 --created 0", 1, "--out is missing")]
    [TestCase("pack --name a:1 --created soon --out x", 1, "--created: expected seconds since 1970")]
    [TestCase("pack --name a --created 0 --out x", 1, "'a': expected HOST/NAME:TAG")]
    [TestCase("pack --created 0 --out x --name", 1, "--name: a value is missing")]
    [TestCase("show /no/such/file", 1, "/no/such/file")]
    [TestCase("push only-one", 1, "push: expected FILE HOST/NAME:TAG")]
    public async Task A_wrong_command_is_told_what_was_expected(string arguments, int code, string words)
    {
        using var errors = new StringWriter();
        var ended = await RucioOperator.Image.Commands.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), TextWriter.Null, errors, _ => null);
        Assert.Multiple(() =>
        {
            Assert.That(ended, Is.EqualTo(code), errors.ToString());
            Assert.That(errors.ToString(), Does.Contain(words));
        });
    }

    [TestCase("riscv", "/usr/bin:/bin", 2, "ARCHS: expected amd64, arm64 or both, not 'riscv'")]
    [TestCase("amd64 arm64", "", 1, "-gcc on this machine (Debian: gcc-")]
    public async Task An_architecture_that_cannot_be_built_here_is_named_before_anything_is_built(string archs, string path, int code, string words)
    {
        // Without a PATH there is no cross compiler, whatever this machine has.
        var tools = Directory.CreateTempSubdirectory("rucio-image-tools-").FullName;
        try
        {
            foreach (var tool in (string[])["dirname", "sed", "git", "uname", "mkdir"])
                File.CreateSymbolicLink(Path.Combine(tools, tool), Path.Combine("/usr/bin", tool) is var real && File.Exists(real) ? real : Path.Combine("/bin", tool));
            var start = new ProcessStartInfo("/bin/bash", [Repository.Path("image", "build")]) { RedirectStandardError = true, RedirectStandardOutput = true };
            (start.Environment["ARCHS"], start.Environment["PATH"]) = (archs, path.Length > 0 ? path : tools);
            using var build = Process.Start(start)!;
            var (output, errors) = (build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
            await build.WaitForExitAsync();
            Assert.Multiple(async () =>
            {
                Assert.That(build.ExitCode, Is.EqualTo(code), await errors + await output);
                Assert.That(await errors, Does.Contain(words));
            });
        }
        finally
        {
            Directory.Delete(tools, recursive: true);
        }
    }
}
