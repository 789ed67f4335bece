#!/usr/bin/env bash
# Bring the real parts the tests use: by apt as root on Debian, else name the command to type. Only what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
need() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed || missing+=("$1"); }

if command -v dpkg-query >/dev/null; then
  for package in chromium fonts-noto-cjk fonts-noto-color-emoji poppler-utils postgresql maven; do need "$package"; done
  command -v java >/dev/null || need openjdk-17-jre-headless
  if [ ${#missing[@]} -gt 0 ]; then
    line="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" = 0 ]; then
      echo "→ Installing ${missing[*]}" >&2
      { apt-get update -q && DEBIAN_FRONTEND=noninteractive $line; } >/dev/null
    else
      echo "The tests need: ${missing[*]}. Type: sudo $line" >&2
      exit 1
    fi
  fi
else
  for command in chromium psql java mvn; do
    command -v "$command" >/dev/null || { echo "The tests need $command: install Chromium, PostgreSQL, Java 17+ and Maven." >&2; exit 1; }
  done
fi
exec .venv/bin/python -m tests.services.elasticsearch
