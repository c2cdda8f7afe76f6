using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Description and email.</summary>
internal static class VoDetailsPart
{
    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        var (description, email) = (desired.Spec.Description ?? observed.Description ?? "", desired.Spec.Email ?? observed.Email ?? "");
        if (description != (observed.Description ?? "") || email != (observed.Email ?? ""))
        {
            yield return new UpdateVo(desired.Spec.Tag, description, email);
        }
    }
}
