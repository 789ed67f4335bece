"""The verb `learncity import`: read a feed, bring its records in, report.

Owns: options, progress on stderr, the report on stdout. Needs a migrated database and no index.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from city.cli import SLUG, open_database
from city.config import load_settings
from city.errors import FeedRefused, InvalidInput
from city.model import Kind
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, Publishing
from city.text import clean_line
from indexer.reports import ImportReport
from indexer.sources import Finding, Reading, SourceOptions, formats, source_of

LONGEST_SOURCE_NAME = 200
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/", re.IGNORECASE)


@click.command("import")
@click.argument("feed_format", metavar="FORMAT", type=click.Choice(formats()))
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--operator", "operator_slug", required=True, metavar="SLUG", help="Who answers for the offerings.")
@click.option("--source", "source_name", default="", metavar="NAME", help="Name of the source; default: PATH.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default="event", show_default=True,
              help="What undeclared records are.")  # fmt: skip
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file: column = field, constants, formats.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object, for machines.")
@click.option("--allow-mass-change", is_flag=True, help="Go on where the brake would stop the run.")
@click.pass_context
def import_feed(
    ctx: click.Context,
    feed_format: str,
    path: Path,
    operator_slug: str,
    source_name: str,
    kind: str,
    mapping: Path | None,
    dry_run: bool,
    as_json: bool,
    allow_mass_change: bool,
) -> None:
    """Bring a feed's offerings into the catalogue. Importing again writes only what changed.

    The report goes to stdout, progress and the closing line to stderr. Exit code 0: all in (also when all is
    unchanged), 1: some records refused, 2: nothing usable, or stopped by the brake (more than 20 % would be
    withdrawn, or more than 5 times the records added).

    \b
    Examples:
      learncity import lcsd FOLDER --operator lcsd
      learncity import csv courses.csv --operator evening-college --kind course --mapping courses.toml --dry-run
    """
    if not SLUG.fullmatch(operator_slug):
        raise InvalidInput(
            f"{operator_slug!r} is not a slug: use small letters, digits and hyphens, like hubin-library."
        )
    settings = load_settings()
    publishing = Publishing(open_database(), settings.catalogue_clock)
    report = ImportReport(feed_format, _source_name(source_name, path), operator_slug, dry_run)
    reading = _read(path, SourceOptions(kind, mapping, settings.timezone), report)
    batch = _batch(report, reading, str(path))
    _load(publishing, report, batch, allow_mass_change)
    if not dry_run:
        publishing.keep_report(batch, report.as_json(), error=report.stopped or report.refused_whole)
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else report.as_text())
    click.echo(report.summary(), err=True)
    ctx.exit(report.exit_code())


def _source_name(given: str, path: Path) -> str:
    """Return the name by which the source is known; raises InvalidInput when it cannot be kept."""
    name = clean_line(given or str(path), field="source", longest=10_000)
    if len(name) > LONGEST_SOURCE_NAME:
        raise InvalidInput(f"The source's name has {len(name)} letters: give a shorter one with --source NAME.")
    return name


def _read(path: Path, options: SourceOptions, report: ImportReport) -> Reading:
    """Read the feed; one that cannot be used as a whole gives a reading of one refusal."""
    try:
        if ADDRESS.match(str(path)):
            raise FeedRefused(
                "Feeds are read from files: an address is not fetched.", file=str(path), remedy="download it, name it"
            )
        return source_of(report.format)(path, options)
    except FeedRefused as refused:
        report.refused_whole = str(refused)
        finding = Finding(str(refused), refused.file or str(path), refused.line, remedy=refused.remedy)
        return Reading(refusals=[finding])


def _batch(report: ImportReport, reading: Reading, address: str) -> FeedBatch:
    """Return what the reading brings, and note its findings in the report."""
    report.refusals, report.remarks = reading.refusals, reading.remarks
    refused = frozenset(finding.part for finding in reading.refusals if finding.part)
    complete = all(finding.part for finding in reading.refusals)
    if not complete and reading.records:
        report.remarks.append(Finding("Records without a readable id were refused: no record is taken for gone."))
    return FeedBatch(
        source=report.source,
        format=report.format,
        operator_slug=report.operator,
        venues=reading.venues if reading.records or reading.places_only else [],
        records=reading.records,
        refused_ids=refused,
        complete=complete and not reading.is_partial,
        deleted_ids=reading.deleted_ids,
        cursor=reading.cursor,
        places_only=reading.places_only,
        address=address,
    )


def _load(publishing: Publishing, report: ImportReport, batch: FeedBatch, allow_mass_change: bool) -> None:
    """Load the batch with progress on the terminal, and take its outcome into the report."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("records", total=len(batch.records))
        outcome = publishing.load_feed(
            Actor.system(),
            batch,
            dry_run=report.dry_run,
            allow_mass_change=allow_mass_change,
            progress=lambda done, _total: progress.update(task, completed=done),
        )
    report.add_outcome(outcome)
