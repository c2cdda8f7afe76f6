using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <param name="Credential">Null: it can't be read.</param>
/// <param name="Reason">Null: nothing is wrong with it.</param>
public sealed record TransferCredentialReading(ClientCredential? Credential, string Digest, string? Reason, string? Message)
{
    public override string ToString() => Reason ?? "usable";
}

/// <summary>What the Secrets of transfer credentials hold: each is read, decrypted and checked once per version.</summary>
public sealed class TransferCredentials(IReferencedSecrets secrets, TimeProvider time)
{
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, byte[]>, Known> _known = [];

    /// <param name="field">Of the spec, and where it is: the beginning of each message.</param>
    public async Task<TransferCredentialReading> ReadAsync(ObjectKey key, string field, string authorities, CancellationToken ct)
    {
        if (await secrets.ReadAsync(key, ct) is not { } data)
        {
            return new(null, "", "SecretNotFound", $"{field}: Secret {key} does not exist");
        }
        var known = _known.GetValue(data, static d => Known.Read(d));
        if (known.Credential is not { } credential)
        {
            return new(null, known.Digest, known.Reason, $"{field}: Secret {key}: {known.Fault}");
        }
        var now = time.GetUtcNow();
        if (known.SoundFor == authorities && now < credential.NotAfter)
        {
            return new(credential, known.Digest, null, null);
        }
        if (TransferCredential.Check(credential, authorities, now) is var (reason, fault))
        {
            return new(credential, known.Digest, reason, $"{field}: Secret {key}: {fault}");
        }
        known.SoundFor = authorities;
        return new(credential, known.Digest, null, null);
    }

    private sealed class Known
    {
        public ClientCredential? Credential { get; private init; }
        public string Digest { get; private init; } = "";
        public string? Reason { get; private init; }
        public string? Fault { get; private init; }

        /// <summary>Authorities for which nothing was wrong with it.</summary>
        public string? SoundFor { get; set; }

        public static Known Read(IReadOnlyDictionary<string, byte[]> data)
        {
            var (credential, reason, fault) = TransferCredential.Read(data);
            return new() { Credential = credential, Reason = reason, Fault = fault, Digest = DigestOf(data) };
        }

        private static string DigestOf(IReadOnlyDictionary<string, byte[]> data)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var (name, value) in data.OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{value.Length}\n"));
                hash.AppendData(value);
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }
}
