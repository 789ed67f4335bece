"""The verb `learncity import`: read a feed, bring its records in, report.

Owns: options, progress on stderr, the report on stdout. Needs a migrated database and no index.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress as ProgressBar

from city.cli import SLUG, open_database
from city.config import load_settings
from city.errors import InvalidInput
from city.model import Kind
from city.services.publishing import Progress
from indexer.importing import ImportOrder, mapping_text, source_name
from indexer.reports import ImportReport
from indexer.sources import formats
from indexer.sources.datum import DATUMS
from indexer.wiring import build_importer


@click.command("import")
@click.argument("feed_format", metavar="FORMAT", type=click.Choice(formats()))
@click.argument("address", metavar="PATH_OR_URL")
@click.option("--operator", "operator_slug", required=True, metavar="SLUG", help="Who answers for the offerings.")
@click.option("--source", "given_name", default="", metavar="NAME", help="Name of the source; default: PATH_OR_URL.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default="event", show_default=True,
              help="What undeclared records are.")  # fmt: skip
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file: column = field, constants, formats.")
@click.option("--accept-guess", is_flag=True, help="Go on with the mapping that is guessed from a table's header.")
@click.option("--datum", type=click.Choice(DATUMS, case_sensitive=False), default=DATUMS[0], show_default=True,
              help="In which datum the source states positions.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would happen, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object, for machines.")
@click.option("--allow-mass-change", is_flag=True, help="Go on where the brake would stop the run.")
@click.option("--from-the-start", is_flag=True, help="Read a change feed from its first page again.")
@click.pass_context
def import_feed(
    ctx: click.Context,
    feed_format: str,
    address: str,
    operator_slug: str,
    given_name: str,
    kind: str,
    mapping: Path | None,
    accept_guess: bool,
    datum: str,
    dry_run: bool,
    as_json: bool,
    allow_mass_change: bool,
    from_the_start: bool,
) -> None:
    """Bring a feed's offerings into the catalogue. Importing again writes only what changed.

    The report goes to stdout, progress and the closing line to stderr. Exit code 0: all in (also when all is
    unchanged), 1: some records refused, 2: nothing usable, or stopped by the brake (more than 20 % would be
    withdrawn, or more than 5 times the records added).

    \b
    Examples:
      learncity import lcsd FOLDER --operator lcsd
      learncity import csv courses.csv --operator evening-college --kind course --mapping courses.toml --dry-run
      learncity import ical https://library.example/events.ics --operator hubin-library
    """
    order = ImportOrder(
        source=source_name(given_name, address),
        format=feed_format,
        address=address,
        operator=checked_slug(operator_slug),
        kind=kind,
        mapping=mapping_text(mapping) if mapping else "",
        datum=datum,
        accept_guess=accept_guess,
        from_the_start=from_the_start,
    )
    importer = build_importer(load_settings(), open_database())
    with shown_progress() as progress:
        report = importer.run(order, dry_run=dry_run, allow_mass_change=allow_mass_change, progress=progress)
    print_report(report, as_json=as_json)
    ctx.exit(report.exit_code())


def checked_slug(slug: str) -> str:
    """Return an operator's slug; raises InvalidInput when it is none."""
    if not SLUG.fullmatch(slug):
        raise InvalidInput(f"{slug!r} is not a slug: use small letters, digits and hyphens, like hubin-library.")
    return slug


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show on stderr how many records are done, where somebody looks."""
    with ProgressBar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("records", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_report(report: ImportReport, *, as_json: bool) -> None:
    """Print the report to stdout and its closing line to stderr."""
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else report.as_text())
    click.echo(report.summary(), err=True)
