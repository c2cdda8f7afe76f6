namespace RucioOperator.Commands.Doctor;

/// <summary>From good to bad.</summary>
public enum Verdict { Ok, NotChecked, Warning, Error }

/// <summary>One thing that was looked at.</summary>
/// <param name="About">Kind and namespace/name of the resource, or what of the installation.</param>
/// <param name="Check">What was looked at, in a word.</param>
/// <param name="Reason">One word, the same as in a condition where the operator has one for it.</param>
/// <param name="Message">Names fields, hosts and dates, never a value that could be secret.</param>
/// <param name="Next">What to do about it; null: nothing.</param>
public sealed record Finding(Verdict Verdict, string About, string Check, string Reason, string Message, string? Next);
