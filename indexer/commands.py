"""The verbs `learncity index rebuild|sync|check`.

Owns: options, the progress bar on stderr, one line or one JSON object on stdout, exit codes: 0 all is well, 1 something
failed or differs, 2 nothing could be done (said on stderr).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from city.config import load_settings
from city.errors import IndexLocked
from indexer.upkeep import IndexUpkeep
from indexer.wiring import build_upkeep, require_migrated

Result = TypeVar("Result")

PATIENCE = timedelta(seconds=5)
TRY_AGAIN_SECONDS = 0.1
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
    upkeep = _upkeep()
    with _progress("offerings") as progress:
        done = _patiently(lambda: upkeep.rebuild(progress))
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
        started = _patiently(lambda: upkeep.start(progress))
    with _progress("changes") as progress:
        done = _patiently(lambda: upkeep.sync(progress))
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
    upkeep = _upkeep()
    found, left = _patiently(lambda: upkeep.check(repair=repair))
    healed = f" Repaired: {left.sentence()}" if repair and found.total else ""
    _tell(found.sentence() + healed, found.figures() | {"left": left.total}, as_json)
    ctx.exit(1 if left.total else 0)


def _upkeep() -> IndexUpkeep:
    settings = load_settings()
    require_migrated(settings)
    return build_upkeep(settings)


def _patiently(work: Callable[[], Result]) -> Result:
    """Do it, waiting a moment for the worker to finish its batch; raises IndexLocked when that takes too long."""
    clock = load_settings().system_clock
    until = clock.now() + PATIENCE
    while True:
        try:
            return work()
        except IndexLocked:
            if clock.now() >= until:
                raise
            time.sleep(TRY_AGAIN_SECONDS)


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
