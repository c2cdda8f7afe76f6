#!/bin/bash
# Starts the image's server with the mounted certificate, and lets httpd read certificates and revocation lists again
# when they change: they follow the mounted objects, httpd alone would not look.
set -eu

tls=/opt/rucio/tls
mkdir -p /etc/grid-security
ln -sfn "$tls/tls.crt" /etc/grid-security/hostcert.pem
ln -sfn "$tls/tls.key" /etc/grid-security/hostkey.pem
# Where no authorities are mounted httpd still wants a file, and the server's own certificate vouches for nobody.
ln -sfn "$tls/tls.crt" /etc/grid-security/ca.pem

fingerprint() {
    find -L "$tls" "${RUCIO_CA_PATH:-$tls}" -maxdepth 1 -type f -exec sha256sum {} + | sort | sha256sum
}

(
    known=$(fingerprint)
    while sleep "${RELOAD_SECONDS:-30}"; do
        now=$(fingerprint) || continue
        # Refused while the files do not fit together (half of a renewal): then at the next look.
        if [ "$now" != "$known" ] && httpd -t 2>/dev/null && httpd -k graceful; then
            known=$now
        fi
    done
) &

exec /docker-entrypoint.sh
