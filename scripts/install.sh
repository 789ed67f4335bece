#!/usr/bin/env bash
# Make .venv with the locked versions of a set (run or test) and the package itself. Quick when nothing changed;
# interrupted at any point, the next call finishes the job, because the stamp is written last.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=${1:-run}
digest() { cat "requirements/$1.txt" setup.cfg pyproject.toml | sha256sum | cut -d ' ' -f 1; }
stamp() { echo ".venv/.installed-$1"; }
current() { [ -f "$(stamp "$1")" ] && [ "$(cat "$(stamp "$1")")" = "$(digest "$1")" ] && [ -x .venv/bin/learncity ]; }

current "$wanted" && exit 0

find_python() {
  for name in "${LEARNCITY_PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$name" ] && "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$name" && return
  done
  echo "Learncity needs Python 3.11 or newer with venv (on Debian: apt install python3-venv); none was found." >&2
  exit 1
}

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
  echo "→ Making .venv" >&2
  rm -rf .venv
  "$(find_python)" -m venv .venv
fi
echo "→ Installing the locked versions ($wanted)" >&2
quiet=$([ -t 2 ] && echo "" || echo "--quiet")
# shellcheck disable=SC2086
.venv/bin/python -m pip install $quiet --disable-pip-version-check --require-hashes --no-deps -r "requirements/$wanted.txt" >&2
# shellcheck disable=SC2086
.venv/bin/python -m pip install $quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . >&2
digest "$wanted" > "$(stamp "$wanted")"
# the test set holds the run set; the one that was installed last decides
if [ "$wanted" = test ]; then digest run > "$(stamp run)"; else rm -f "$(stamp test)"; fi
