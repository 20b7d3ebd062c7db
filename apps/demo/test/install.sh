#!/usr/bin/env bash
# Installs Chromium for the tests, on Debian, as root or by sudo. Does nothing where there is one, or Chrome.
set -euo pipefail

for program in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
	if command -v "$program" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null; then
	echo "$0: no apt-get here; install Chromium or Chrome by your system's means" >&2
	exit 1
fi
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_root apt-get update
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-dejavu-core
