using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using RucioOperator.Runtime;

namespace RucioOperator.Planning;

/// <summary>Account names for people: at most 25 of <c>[a-z0-9_-]</c> (generic_multi_vo.py), near the user name, and always the same.</summary>
public static class MemberNames
{
    private const int Longest = 25;

    /// <summary>By hand: the binary has no tables of Unicode (InvariantGlobalization).</summary>
    private const string
        Accented = "àáâãäåāăąçćčďđèéêëēėęěğìíîïīįıłñńňòóôõöøōőŕřśşšßťţùúûüūůűųýÿźżž",
        Plain = "aaaaaaaaacccddeeeeeeeegiiiiiiilnnnoooooooorrssssttuuuuuuuuyyzzz";

    /// <summary>The name to try first.</summary>
    public static string Of(string userName)
    {
        var name = new StringBuilder();
        // Of a mail address the part in front.
        foreach (var c in userName.Split('@')[0].ToLowerInvariant())
        {
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : Accented.IndexOf(c) is var n and >= 0 ? Plain[n] : '-');
        }
        var text = name.ToString().Trim('-');
        text = text.Length > Longest ? text[..Longest].TrimEnd('-') : text;
        return text.Length > 0 ? text : "member";
    }

    /// <summary>Where somebody else has that name: with a piece of the user's own mark.</summary>
    public static string Of(string userName, string mark)
    {
        var ending = Digest.Of(mark, 6);
        var name = Of(userName);
        return $"{(name.Length > Longest - 7 ? name[..(Longest - 7)].TrimEnd('-') : name)}-{ending}";
    }

    /// <summary>Who stands behind an account, in the 30 letters that an account attribute has: 128 bits of a digest.</summary>
    public static string Mark(string issuer, string id) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer}\n{id}")).AsSpan(0, 16));
}
