using RucioOperator.Api;
using RucioOperator.Releases;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>How well the release is known. One that isn't known at all is an error of the manifest.</summary>
internal static class ReleaseCheck
{
    public static Task RunAsync(RucioInstance instance, Notes notes)
    {
        var version = instance.Spec.Version;
        switch (ReleaseCatalogue.Find(version))
        {
            case { Listed: false, Release: { } line }:
                notes.Warning("UnlistedVersion", $"spec.version: {version} was not tried with this operator; of line {line.Line} it knows {string.Join(", ", line.Versions)}");
                break;
            case { Release: { } release }:
                notes.Ok($"Rucio {version} is known; its catalogue is at revision {release.AlembicHead}");
                break;
        }
        return Task.CompletedTask;
    }
}
