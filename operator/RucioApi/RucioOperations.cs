namespace RucioOperator.RucioApi;

/// <summary>Calls by their route, so that figures of them are few: <c>POST /accounts/{}/scopes/{}</c>.</summary>
internal static class RucioOperations
{
    /// <summary>Roots of Rucio's routes (lib/rucio/web/rest/flaskapi/v1) that are called.</summary>
    private static readonly HashSet<string> Roots = new(["accounts", "auth", "config", "export", "identities", "import", "ping", "rses", "scopes", "subscriptions", "vos"], StringComparer.Ordinal);

    /// <summary>Words of routes from the second place on; a name that is one of them makes no more routes than there are.</summary>
    private static readonly HashSet<string> Words = new(["accounts", "attr", "distances", "global", "identities", "limits", "local", "protocols", "recover", "scopes", "usage", "userpass"], StringComparer.Ordinal);

    public static string Of(string method, string path) => $"{method} {Route(path)}";

    public static string Route(string path)
    {
        var places = path.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (places.Length == 0 || !Roots.Contains(places[0]))
        {
            return "/other";
        }
        return "/" + string.Join('/', places.Select((place, at) => at == 0 || (at == 1 ? IsFixed(places[0], place) : Words.Contains(place)) ? place : "{}"));
    }

    // Behind all others comes the name of something.
    private static bool IsFixed(string root, string place) => (root, place) is ("auth", "userpass") or ("identities", "accounts");
}
