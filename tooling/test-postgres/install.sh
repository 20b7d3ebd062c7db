#!/usr/bin/env bash
# Installs Postgres and pgvector for the tests, on Debian or Ubuntu, as root or by sudo. Does nothing where both are there.
# Debian has no package of pgvector before its version 13; there it is built from Debian's own source of it.
set -euo pipefail

SOURCE=http://deb.debian.org/debian/pool/main/p/pgvector/pgvector_0.8.0.orig.tar.gz
SHA256=867a2c328d4928a5a9d6f052cd3bc78c7d60228a9b914ad32aa3db88e9de27b0

ready() { ls /usr/lib/postgresql/*/bin/initdb /usr/share/postgresql/*/extension/vector.control >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }

ready && exit 0
if ! command -v apt-get >/dev/null; then
	echo "$0: no apt-get here; install PostgreSQL 15 or later and pgvector by your system's means" >&2
	exit 1
fi
as_root apt-get update
install postgresql
version=$(ls /usr/lib/postgresql | sort -n | tail -1)
if apt-cache show "postgresql-$version-pgvector" >/dev/null 2>&1; then
	install "postgresql-$version-pgvector"
else
	install "postgresql-server-dev-$version" make gcc libc6-dev curl ca-certificates
	folder=$(mktemp -d)
	trap 'as_root rm -rf "$folder"' EXIT
	curl -fsSL --retry 3 "$SOURCE" -o "$folder/pgvector.tar.gz"
	echo "$SHA256  $folder/pgvector.tar.gz" | sha256sum -c -
	tar -xzf "$folder/pgvector.tar.gz" -C "$folder" --strip-components=1
	pg_config="/usr/lib/postgresql/$version/bin/pg_config"
	# For any machine of this kind, and without the bitcode that only just-in-time compilation uses.
	make -s -C "$folder" with_llvm=no OPTFLAGS="" PG_CONFIG="$pg_config"
	as_root make -s -C "$folder" install with_llvm=no PG_CONFIG="$pg_config"
fi
ready
