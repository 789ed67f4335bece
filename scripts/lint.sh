#!/usr/bin/env bash
# Style, types and import rules; the first fault ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/ruff check --quiet .
.venv/bin/ruff format --check --quiet . || { echo "Not formatted: type .venv/bin/ruff format ." >&2; exit 1; }
.venv/bin/mypy city indexer recommender
.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports
