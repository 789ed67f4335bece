"""The verbs `learncity index rebuild|sync|check`.

Owns: options, the progress bar on stderr, one line or one JSON object on stdout, exit codes: 0 all is well, 1 something
failed or differs, 2 nothing could be done (said on stderr).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from city.config import load_settings
from indexer.upkeep import IndexUpkeep
from indexer.wiring import build_upkeep, require_migrated

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object, for machines.")


@click.group()
def index() -> None:
    """The search index: a copy of the catalogue that can be thrown away and rebuilt."""


@index.command()
@AS_JSON
@click.pass_context
def rebuild(ctx: click.Context, as_json: bool) -> None:
    """Build a fresh index beside the one that answers, and swap when it equals the catalogue; the former one is kept.

    Edits may go on meanwhile. A rebuild that fails or is interrupted leaves the index that answers as it was.

    \b
    Example:
      learncity index rebuild
    """
    with _progress("offerings") as progress:
        done = _upkeep().rebuild(progress)
    figures = {"documents": done.documents, "replayed": done.replayed, "left_to_sync": done.left_to_sync}
    _tell(done.sentence(), figures | {"failed": _by_id(done.failed)}, as_json)
    ctx.exit(1 if done.failed else 0)


@index.command()
@AS_JSON
@click.pass_context
def sync(ctx: click.Context, as_json: bool) -> None:
    """Write the changes that wait into the index. The worker does this all the time; this does it once.

    An index that is missing, damaged or outdated is rebuilt first, and this is said.

    \b
    Example:
      learncity index sync
    """
    upkeep = _upkeep()
    with _progress("offerings") as progress:
        started = upkeep.start(progress)
    with _progress("changes") as progress:
        done = upkeep.sync(progress)
    said = " ".join(part for part in (started.sentence(), done.sentence() or "Nothing waits.") if part)
    figures = {"messages": done.messages, "indexed": done.written, "taken_out": done.taken_out}
    _tell(said, figures | {"rebuilt": started.rebuilt is not None, "failed": _by_id(done.failed)}, as_json)
    ctx.exit(1 if done.failed else 0)


@index.command()
@click.option("--repair", is_flag=True, help="Heal what differs; rebuild an index that cannot serve.")
@AS_JSON
@click.pass_context
def check(ctx: click.Context, repair: bool, as_json: bool) -> None:
    """Compare the index with the catalogue: what is missing, extra, stale or double. Changes that wait do not count.

    Exit code 0 when they are equal (or were made so by --repair), 1 when they differ.

    \b
    Examples:
      learncity index check
      learncity index check --repair --json
    """
    found, left = _upkeep().check(repair=repair)
    healed = f" Repaired: {left.sentence()}" if repair and found.total else ""
    _tell(found.sentence() + healed, found.figures() | {"left": left.total}, as_json)
    ctx.exit(1 if left.total else 0)


def _upkeep() -> IndexUpkeep:
    settings = load_settings()
    require_migrated(settings)
    return build_upkeep(settings)


def _tell(sentence: str, figures: dict[str, Any], as_json: bool) -> None:
    click.echo(json.dumps(figures, ensure_ascii=False) if as_json else sentence)


def _by_id(failed: Any) -> dict[str, str]:
    return {str(offering_id): reason for offering_id, reason in failed.items()}


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr when somebody looks at a terminal; yield what moves it."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
