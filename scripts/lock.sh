#!/usr/bin/env bash
# Write requirements/run.txt and test.txt, with hashes, from the bounds of setup.cfg and requirements/build.in.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'pip-tools>=7.5,<8'
unset PIP_FIND_LINKS
compile() {
  "$work/venv/bin/pip-compile" --quiet --no-config --generate-hashes --allow-unsafe --strip-extras --no-header \
    --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host "$@" setup.cfg requirements/build.in
}
compile --upgrade --output-file requirements/run.txt
compile --extra test --constraint requirements/run.txt --output-file requirements/test.txt
# resolving leaves a list of entry points in the checkout that would shadow the installed one and grow stale
rm -rf learncity.egg-info
