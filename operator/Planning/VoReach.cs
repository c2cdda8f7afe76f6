namespace RucioOperator.Planning;

/// <summary>How far the operator's arm reaches into the Rucio that serves a VO.</summary>
public enum VoReach
{
    /// <summary>Its own instance: REST, and the catalogue's tables.</summary>
    Catalogue,

    /// <summary>Somebody else's, over REST as super_root: VOs can be made, and their root recovered.</summary>
    SuperRoot,

    /// <summary>Somebody else's, over REST with an account that its VOs have already.</summary>
    Given,
}
