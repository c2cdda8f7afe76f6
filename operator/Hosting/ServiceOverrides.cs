namespace RucioOperator.Hosting;

/// <summary>Where an operator outside the cluster finds a Service.</summary>
public sealed class ServiceOverrides(IReadOnlyList<(string Service, string Url)> entries)
{
    private const string Any = "*";

    /// <summary>For what speaks no HTTP: a database.</summary>
    public const string Tcp = "tcp";

    public int Count => entries.Count;

    /// <summary>The override, or null: use the cluster's own name of the Service. An entry for the very Service comes before <c>*</c>, a later one before an earlier.</summary>
    public Uri? Find(string service, string @namespace)
    {
        var found = entries.LastOrDefault(entry => entry.Service == $"{service}.{@namespace}");
        if (found.Url is null)
            found = entries.LastOrDefault(entry => entry.Service == Any);
        return found.Url is null ? null : new Uri(Fill(found.Url, service, @namespace));
    }

    /// <exception cref="FormatException">It says what was expected.</exception>
    public ServiceOverrides With(string text)
    {
        if (text.Split('=', 2) is not [var service, var url] || (service != Any && service.Split('.') is not [{ Length: > 0 }, { Length: > 0 }]))
            throw new FormatException("expected <service>.<namespace>=<url> or *=<url>");
        if (!Uri.TryCreate(Fill(url, "service", "namespace"), UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https" or Tcp))
            throw new FormatException("expected an http, https or tcp URL after '='");
        return new([.. entries, (service, url)]);
    }

    private static string Fill(string url, string service, string @namespace) =>
        url.Replace("{service}", service, StringComparison.Ordinal).Replace("{namespace}", @namespace, StringComparison.Ordinal);
}
