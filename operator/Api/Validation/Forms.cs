using System.Text.RegularExpressions;

namespace RucioOperator.Api.Validation;

/// <summary>The patterns of the schema; a test compares them with the YAML. Rucio's own are in its schema module generic_multi_vo.</summary>
public static partial class Forms
{
    [GeneratedRegex(@"^[0-9]+\.[0-9]+\.[0-9]+(\.post[0-9]+)?\z")]
    public static partial Regex Version();

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\z")]
    public static partial Regex HostName();

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?:[0-9]{1,5}\z")]
    public static partial Regex HostAndPort();

    [GeneratedRegex(@"^[a-z0-9][A-Za-z0-9._:/@-]*[A-Za-z0-9]\z")]
    public static partial Regex Image();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_-]{0,62}\z")]
    public static partial Regex IssuerName();

    [GeneratedRegex(@"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?\z")]
    public static partial Regex IssuerUrl();

    [GeneratedRegex(@"^[^\r\n]{1,255}\z")]
    public static partial Regex OneLine();

    [GeneratedRegex(@"^https?://[A-Za-z0-9.\[\]:-]+(/[^\s?#@]*)?\z")]
    public static partial Regex RucioUrl();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+\z")]
    public static partial Regex PublicHost();

    [GeneratedRegex(@"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?\z")]
    public static partial Regex FtsServer();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    public static partial Regex VomsVo();

    /// <summary>No escapes, and blanks between the fields, as voms-proxy-init reads it; a last field is the version of Globus.</summary>
    [GeneratedRegex("""^"[^"]+"[ \t]+"(?<host>[A-Za-z0-9.-]+)"[ \t]+"(?<port>[0-9]{1,5})"[ \t]+"(?<subject>/[^"]+)"[ \t]+"(?<vo>[A-Za-z0-9][A-Za-z0-9._-]*)"([ \t]+"[0-9]+")?\z""")]
    public static partial Regex Vomses();

    [GeneratedRegex(@"^/[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*(/Role=[A-Za-z0-9._-]+)?\z")]
    public static partial Regex Fqan();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,64}\z")]
    public static partial Regex ExtendedAttributeKey();

    [GeneratedRegex(@"^[ !#-\[\]-~]*\z")]
    public static partial Regex ExtendedAttributeValue();

    [GeneratedRegex(@"^(/[A-Za-z0-9._~@:+=,-]+)+\z")]
    public static partial Regex BasePath();

    /// <summary>Stricter than Rucio, which also takes upper case, dots and dashes.</summary>
    [GeneratedRegex(@"^[a-z][a-z0-9]{2}\z")]
    public static partial Regex VoTag();

    [GeneratedRegex(@"^[A-Za-z0-9.-]{3}\z")]
    public static partial Regex ExistingVoTag();

    /// <summary>Rucio takes three characters for a tag, looks tags up among the long names all the same (core/vo.py, map_vo), and lowers options of its files.</summary>
    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{2,61}[a-z0-9]\z")]
    public static partial Regex VoLongName();

    /// <summary>Key and value alike (lib/rucio/common/schema/generic_multi_vo.py, ACCOUNT_ATTRIBUTE).</summary>
    [GeneratedRegex(@"^[a-zA-Z0-9_/.-]{1,30}\z")]
    public static partial Regex AccountAttribute();

    [GeneratedRegex(@"^[a-z0-9_-]{1,25}\z")]
    public static partial Regex Account();

    [GeneratedRegex(@"^[a-zA-Z_.0-9-]{1,25}\z")]
    public static partial Regex Scope();

    /// <summary>Becomes a segment of a URL's path.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    public static partial Regex SubscriptionName();

    [GeneratedRegex(@"^[a-zA-Z_.0-9*-]{1,64}\z")]
    public static partial Regex ScopePattern();

    [GeneratedRegex(@"^[A-Za-z0-9/._*-]{1,250}\z")]
    public static partial Regex DidPattern();

    [GeneratedRegex(@"^[ -~]{1,255}\z")]
    public static partial Regex MetadataPattern();

    [GeneratedRegex(@"^[^\r\n]{1,250}\z")]
    public static partial Regex Comments();

    [GeneratedRegex(@"^[1-9][0-9]{0,6}[smhd]\z")]
    public static partial Regex Lifetime();

    [GeneratedRegex(@"^[A-Z0-9]+([_-][A-Z0-9]+)*\z")]
    public static partial Regex Rse();

    /// <summary>As <see cref="Endpoint.Host"/> has it, or a domain and all below.</summary>
    [GeneratedRegex(@"^((\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])\z")]
    public static partial Regex AllowedHost();

    [GeneratedRegex(@"^[1-9][0-9]{0,3}[hd]\z")]
    public static partial Regex Age();

    [GeneratedRegex(@"^[^@\s]+@[^@\s]+\z")]
    public static partial Regex Email();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    public static partial Regex Namespace();

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*\z")]
    public static partial Regex SqlName();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.-]*\z")]
    public static partial Regex ExistingDatabaseName();

    [GeneratedRegex(@"^(/[A-Za-z0-9._-]+)+\z")]
    public static partial Regex Folder();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    public static partial Regex EnvironmentName();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    public static partial Regex ObjectName();

    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z")]
    public static partial Regex SiteName();

    /// <summary>Keys end up in URL paths and in RSE expressions.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_.:-]{1,255}\z")]
    public static partial Regex AttributeKey();

    /// <summary>Rucio's parser lowers options anyway; sections that differ in case alone would be two.</summary>
    [GeneratedRegex(@"^[a-z0-9][a-z0-9_.-]*\z")]
    public static partial Regex ConfigName();

    [GeneratedRegex(@"^[a-z][a-z0-9+.-]*\z")]
    public static partial Regex Scheme();

    /// <summary>Of a group of daemons, or a policy package; becomes part of object names and a label.</summary>
    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z")]
    public static partial Regex GroupName();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\z")]
    public static partial Regex PythonModule();

    [GeneratedRegex(@"^[a-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}\z")]
    public static partial Regex ImageByDigest();

    [GeneratedRegex(@"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\z")]
    public static partial Regex ResourceQuantity();

    [GeneratedRegex(@"^(unlimited|[0-9]+(\.[0-9]+)?([KMGTPE]i|[kMGTPE])?)\z")]
    public static partial Regex Bytes();

    [GeneratedRegex(@"^([1-9][0-9]{0,3}h|[1-9][0-9]?d|([5-9]|[1-9][0-9]{1,3})m)\z")]
    public static partial Regex CheckInterval();

    [GeneratedRegex(@"^([1-9][0-9]{0,2}h|([1-9]|[12][0-9]|30)d|([5-9]|[1-9][0-9]{1,3})m)\z")]
    public static partial Regex EndpointCheckInterval();

    /// <summary>Rucio takes slashes too, but keys end up in URL paths.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,29}\z")]
    public static partial Regex AccountAttributeKey();

    [GeneratedRegex(@"^[A-Za-z0-9_./-]{1,30}\z")]
    public static partial Regex AccountAttributeValue();

    /// <summary>OpenID Connect allows 255 ASCII characters; Rucio takes identities apart at blanks.</summary>
    [GeneratedRegex(@"^[!-~]{1,255}\z")]
    public static partial Regex TokenSubject();
}
