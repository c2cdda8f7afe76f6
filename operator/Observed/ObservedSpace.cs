namespace RucioOperator.Observed;

/// <summary>How full an RSE is, from Rucio's table <c>rse_usage</c>; null where there is no such row.</summary>
/// <param name="Used">Bytes by Rucio's own counter (source <c>rucio</c>); it lags by a cycle of abacus-rse.</param>
/// <param name="Reported">Source <c>storage</c>, which somebody has to report: the reaper deletes by it.</param>
public sealed record ObservedSpace(long? Used, long? Files, ReportedSpace? Reported);

/// <param name="Files">Scripts that ask a storage rarely tell it.</param>
/// <param name="At">UTC.</param>
public sealed record ReportedSpace(long Used, long Free, long? Files, DateTime At);

/// <summary>What keeps an RSE from being deleted.</summary>
/// <param name="Locked">Of the files: those that a rule holds; null where only Rucio's counter can be asked.</param>
/// <param name="Rules">That hold them.</param>
/// <param name="MoreRules">There were too many locks to look at all.</param>
/// <param name="Forgotten">Files without a rule and without a tombstone: no daemon ever deletes them.</param>
public sealed record ReplicaCount(long Files, long Bytes, long? Locked = null, long? Rules = null, bool MoreRules = false, long? Forgotten = null);
