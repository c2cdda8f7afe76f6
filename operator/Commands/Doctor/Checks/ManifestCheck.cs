using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Releases;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>The release, and what it can't do of what the spec asks for.</summary>
internal static class ManifestCheck
{
    public static Task ReleaseAsync(RucioInstance instance, Notes notes)
    {
        var version = instance.Spec.Version;
        switch (ReleaseCatalogue.Find(version))
        {
            case { Found: false, Error: var error }:
                notes.Error("UnknownVersion", $"spec.version: {error}", "choose one of these lines");
                return Task.CompletedTask;
            case { Listed: false, Release: var line }:
                notes.Warning("UnlistedVersion", $"spec.version: {version} was not tried with this operator; of line {line.Line} it knows {string.Join(", ", line.Versions)}");
                Daemons(line);
                break;
            case { Release: var release }:
                notes.Ok($"Rucio {version} is known; its catalogue is at revision {release.AlembicHead}");
                Daemons(release);
                break;
        }
        return Task.CompletedTask;

        void Daemons(Release release)
        {
            foreach (var fault in DaemonFaults.Find(instance.Spec, release))
            {
                notes.Error(fault.Reason, $"{fault}", "correct the field");
            }
        }
    }
}
