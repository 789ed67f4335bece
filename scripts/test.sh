#!/usr/bin/env bash
# Bring what the tests need, check style and types, run all tests. Ends with pytest's own closing line.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n→ %s (%ss)\n' "$1" "$SECONDS" >&2; }
scripts/install.sh test
step "Real parts"
scripts/services.sh
step "Lint"
scripts/lint.sh
step "Tests"
# two processes: most tests wait for a server or a browser now and then
exec .venv/bin/python -m pytest --numprocesses 2 --dist loadgroup "$@"
