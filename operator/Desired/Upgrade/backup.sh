#!/bin/sh
# Dumps the catalogue with pg_dump before a migration: backup.sh <revision>. PG* variables say where it is.
# One JSON line at the end, as the other Jobs have it. A dump that was cut off keeps the ending .part and is removed by
# the next run; a whole one is never touched again.
set -eu
folder=/backup
file="catalogue-$1-$(date -u +%Y%m%dT%H%M%SZ).dump"

say() {
    printf '{"step": "backup", "outcome": "%s", "message": "%s"}\n' "$1" "$2"
}

rm -f "$folder"/*.part
if ! errors=$(pg_dump --format=custom --no-owner --schema="$CATALOGUE_SCHEMA" --file="$folder/$file.part" 2>&1); then
    rm -f "$folder/$file.part"
    say failed "$(printf '%s' "$errors" | tail -n 1 | tr -d '"\\' | tr -c '[:print:]' ' ')"
    exit 1
fi
# A dump whose table of contents can't be read is none.
if ! pg_restore --list "$folder/$file.part" >/dev/null 2>&1; then
    say failed "pg_restore can't read the dump: is the volume full?"
    exit 1
fi
sync
mv "$folder/$file.part" "$folder/$file"
say made "$file, $(wc -c <"$folder/$file") bytes" | tee "${TERMINATION_LOG:-/dev/termination-log}"
