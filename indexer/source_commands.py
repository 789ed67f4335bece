"""The verbs `learncity source …`: feeds that the worker imports at an interval, and the reports they left.

Owns: how an interval is typed, what a list and a comparison of reports look like.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from city.cli import open_database
from city.config import load_settings
from city.errors import InvalidInput
from city.model import ImportRun, Kind, Source
from city.services.permissions import Actor
from city.services.sourcing import NewSource, Sourcing
from indexer.comparing import compare_reports
from indexer.import_command import checked_slug, print_report, shown_progress
from indexer.importing import ImportOrder, mapping_text, source_name
from indexer.sources import formats
from indexer.sources.datum import DATUMS
from indexer.wiring import build_importer

INTERVAL = re.compile(r"([1-9][0-9]{0,4})([mhd])")
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


@click.group("source")
def source() -> None:
    """Sources: feeds that are imported again and again."""


@source.command("add")
@click.argument("name")
@click.argument("feed_format", metavar="FORMAT", type=click.Choice(formats()))
@click.argument("address", metavar="PATH_OR_URL")
@click.option("--operator", "operator_slug", required=True, metavar="SLUG", help="Who answers for the offerings.")
@click.option("--every", default="1d", show_default=True, metavar="INTERVAL", help="How often: 30m, 6h, 1d.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default="event", show_default=True,
              help="What undeclared records are.")  # fmt: skip
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file; its text is kept with the source.")
@click.option("--datum", type=click.Choice(DATUMS, case_sensitive=False), default=DATUMS[0], show_default=True,
              help="In which datum the source states positions.")  # fmt: skip
def source_add(
    name: str,
    feed_format: str,
    address: str,
    operator_slug: str,
    every: str,
    kind: str,
    mapping: Path | None,
    datum: str,
) -> None:
    """Let the worker import a feed at an interval; a source of that name is changed, and goes on if it was paused.

    \b
    Examples:
      learncity source add hubin ical https://library.example/events.ics --operator hubin-library --every 6h
      learncity source add college csv /srv/feeds/courses.csv --operator evening-college --mapping courses.toml
    """
    text = mapping_text(mapping) if mapping else ""
    order = ImportOrder(
        source_name(name, address), feed_format, address, checked_slug(operator_slug), kind, text, datum
    )
    kept_address = address if order.is_remote else str(Path(address).resolve())
    is_new = _sourcing().add(
        Actor.system(),
        NewSource(order.source, order.format, kept_address, order.operator, minutes_of(every), order.options()),
    )
    click.echo(f"Source {order.source} was {'added' if is_new else 'changed'}: the worker imports it every {every}.")


@source.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for machines.")
def source_list(as_json: bool) -> None:
    """List all sources: how often each is imported, its last good run and its last error.

    \b
    Example:
      learncity source list
    """
    rows = [_row(each, operator) for each, operator in _sourcing().all()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("There are no sources yet: learncity import FORMAT PATH, or learncity source add NAME FORMAT URL.")
        return
    table = Table("source", "format", "operator", "every", "last good run", "last error")
    for row in rows:
        often = "paused" if row["paused"] else row["every"] or "by hand"
        table.add_row(row["name"], row["format"], row["operator"], often, row["last_good_at"] or "never",
                      row["last_error"])  # fmt: skip
    Console().print(table)


@source.command("run")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Show what would happen, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object, for machines.")
@click.option("--allow-mass-change", is_flag=True, help="Go on where the brake would stop the run.")
@click.option("--from-the-start", is_flag=True, help="Read a change feed from its first page again.")
@click.pass_context
def source_run(
    ctx: click.Context, name: str, dry_run: bool, as_json: bool, allow_mass_change: bool, from_the_start: bool
) -> None:
    """Import a source now, as it is kept. Exit codes as of `learncity import`.

    \b
    Example:
      learncity source run hubin
    """
    known, operator = _sourcing().one(name)
    order = ImportOrder.of(known, operator, from_the_start=from_the_start)
    importer = build_importer(load_settings(), open_database())
    with shown_progress() as progress:
        report = importer.run(order, dry_run=dry_run, allow_mass_change=allow_mass_change, progress=progress)
    print_report(report, as_json=as_json)
    ctx.exit(report.exit_code())


@source.command("pause")
@click.argument("name")
@click.option("--resume", is_flag=True, help="Go on with a source that was paused.")
def source_pause(name: str, resume: bool) -> None:
    """Stop importing a source by itself; its offerings stay. `--resume` goes on.

    \b
    Example:
      learncity source pause hubin
    """
    _sourcing().pause(Actor.system(), name, paused=not resume)
    click.echo(f"Source {name} {'goes on' if resume else 'is paused'}.")


@source.command("reports")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of whole reports, for machines.")
def source_reports(name: str, as_json: bool) -> None:
    """List the kept reports of a source, newest first.

    \b
    Example:
      learncity source reports hubin
    """
    runs = _sourcing().runs(name)
    if as_json:
        click.echo(json.dumps([_run_row(run) | {"report": run.report} for run in runs], ensure_ascii=False, indent=2))
        return
    table = Table("report", "at", "new", "changed", "unchanged", "gone", "refused", "remarks", "stopped")
    for run in runs:
        counts = [str(run.report.get(key, "")) for key in ("new", "changed", "unchanged", "gone", "refused", "notes")]
        table.add_row(str(run.id), _shown(run.started_at), *counts, str(run.report.get("stopped", "")))
    Console().print(table)


@source.command("compare")
@click.argument("earlier", type=int)
@click.argument("later", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for machines.")
def source_compare(earlier: int, later: int, as_json: bool) -> None:
    """Compare two kept reports of a source: counts side by side, refusals that are new and that are over.

    \b
    Example:
      learncity source compare 12 15
    """
    sourcing = _sourcing()
    first, second = sourcing.run(earlier), sourcing.run(later)
    if first.source != second.source:
        raise InvalidInput(
            f"Report {earlier} is of {first.source}, report {later} of {second.source}: name two of one."
        )
    found = compare_reports(first.report, second.report)
    click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else found.as_text())


def minutes_of(interval: str) -> int:
    """Return the minutes of an interval like 30m, 6h or 1d; raises InvalidInput."""
    match = INTERVAL.fullmatch(interval.strip())
    if match is None:
        raise InvalidInput(f"{interval!r} is not an interval: write it like 30m, 6h or 1d.")
    return int(match[1]) * MINUTES[match[2]]


def _sourcing() -> Sourcing:
    return Sourcing(open_database(), load_settings().system_clock)


def _row(source: Source, operator: str) -> dict[str, Any]:
    return {
        "name": source.name,
        "format": source.format,
        "address": source.address,
        "operator": operator,
        "every": _every(source.interval_minutes),
        "paused": source.paused,
        "last_started_at": _shown(source.last_started_at),
        "last_good_at": _shown(source.last_good_at),
        "last_error": source.last_error,
        "options": {key: value for key, value in dict(source.options).items() if key != "mapping"},
    }


def _every(minutes: int | None) -> str:
    """Write minutes as they are typed: 1d, 6h, 30m; "" for a source imported by hand."""
    if minutes is None:
        return ""
    unit = next(unit for unit in ("d", "h", "m") if minutes % MINUTES[unit] == 0)
    return f"{minutes // MINUTES[unit]}{unit}"


def _run_row(run: ImportRun) -> dict[str, Any]:
    return {"id": run.id, "source": run.source, "started_at": _shown(run.started_at)}


def _shown(instant: datetime | None) -> str:
    return instant.astimezone(load_settings().zone).isoformat(sep=" ", timespec="minutes") if instant else ""
