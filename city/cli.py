"""The command `learncity`. The ground floor's own verbs are here; packages add theirs by `learncity.commands`.

Owns: the group, how errors and exit codes are told. Exit codes: 0 done, 1 something was refused or found wrong,
2 wrong use, wrong settings, or nothing could be done.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import entry_points

import click
from rich.console import Console
from rich.table import Table

from city.checks import gather_checks
from city.config import load_settings
from city.errors import InvalidInput, LearncityError
from city.model import LocalisedText, Operator
from city.services.permissions import Actor, Operation, require
from city.services.topic_list import lay_topic_list
from city.store import schema
from city.store.database import Database
from city.worker import work

GROUP = "learncity.commands"
USAGE_OR_FAULT = 2
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class PackagesGroup(click.Group):
    """A group whose verbs come from here and from installed packages, loaded when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(entry.name for entry in entry_points(group=GROUP))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        entry = next(iter(entry_points(group=GROUP, name=cmd_name)), None)
        return entry.load() if entry else None


@click.group(cls=PackagesGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="learncity", message="learncity %(version)s")
def learncity() -> None:
    """Everything a city can learn: catalogue, search, suggestions.

    Settings come from the environment (LEARNCITY_…, see docs/operations.md). Exit codes: 0 done, 1 something was
    refused or found wrong, 2 wrong use or nothing could be done.
    """


def main() -> None:
    """Run the command; an error of ours is one sentence on stderr, never a stack trace."""
    try:
        learncity(prog_name="learncity")
    except LearncityError as fault:
        click.echo(f"Error: {fault}", err=True)
        sys.exit(USAGE_OR_FAULT)


def open_database(*, migrated: bool = True) -> Database:
    """Open the database of the settings; with `migrated` raise DatabaseUnavailable unless its schema fits the code."""
    database = Database(load_settings().effective_database_url)
    if migrated:
        schema.require_current(database)
    return database


@learncity.command()
def init() -> None:
    """Make the database ready: create or migrate its tables, add missing topics. Repeating it changes nothing.

    \b
    Example:
      learncity init
    """
    database = open_database(migrated=False)
    before = schema.present_revision(database)
    schema.upgrade(database)
    after = schema.needed_revision()
    said = "was ready already" if before == after else f"is ready (schema {after})"
    topics = lay_topic_list(database, Actor.system())
    click.echo(f"The database {said}." + (f" {topics} topics were added." if topics else ""), err=True)


@learncity.group()
def operator() -> None:
    """Operators: the bodies that answer for offerings."""


@operator.command("add")
@click.argument("slug")
@click.option("--name-zh", default="", help="Name in Chinese.")
@click.option("--name-en", default="", help="Name in English.")
@click.option("--phone", default="", help="Telephone that citizens may call.")
def operator_add(slug: str, name_zh: str, name_en: str, phone: str) -> None:
    """Add an operator, or change the names and phone of one that exists.

    \b
    Example:
      learncity operator add hubin-library --name-zh 湖滨图书馆 --name-en "Hubin Library"
    """
    require(Actor.system(), Operation.ADD_OPERATOR)
    if not SLUG.fullmatch(slug):
        raise InvalidInput(f"{slug!r} is not a slug: use small letters, digits and hyphens, like hubin-library.")
    name = LocalisedText({"zh-Hans": name_zh, "en": name_en}) or LocalisedText({"en": slug})
    database = open_database()
    with database.writing() as unit:
        found = unit.operators.by_slug(slug)
        if found is None:
            unit.operators.add(Operator(slug=slug, name=name, phone=phone))
        else:
            found.name, found.phone = name, phone
            now = load_settings().catalogue_clock.now()
            unit.changed_all(unit.offerings.many(unit.offerings.ids_around(operator_id=found.id)), now)
        unit.commit()
    click.echo(f"Operator {slug} was {'added' if found is None else 'changed'}.")


@operator.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for machines.")
def operator_list(as_json: bool) -> None:
    """List all operators.

    \b
    Example:
      learncity operator list --json
    """
    with open_database().reading() as unit:
        rows = [{"slug": row.slug, "name": dict(row.name), "phone": row.phone} for row in unit.operators.all()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("slug", "中文", "English", "phone")
    for row in rows:
        names = LocalisedText(row["name"])  # type: ignore[arg-type]
        table.add_row(str(row["slug"]), names.get("zh-Hans", ""), names.get("en", ""), str(row["phone"]))
    Console().print(table if rows else "There are no operators yet: learncity operator add SLUG, or learncity sample.")


@learncity.command()
def worker() -> None:
    """Run the background work: index sync, nightly training, housekeeping. Ends on INT and TERM.

    \b
    Example:
      learncity worker
    """
    open_database().dispose()
    work(load_settings())


@learncity.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for machines.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at database, migrations, index, engine, artefact and clock, and say what to type for each fault.

    Exit code 0 when all is well, 1 when something is not.

    \b
    Example:
      learncity doctor
    """
    results = gather_checks(load_settings())
    if as_json:
        click.echo(json.dumps([result.as_json() for result in results], ensure_ascii=False, indent=2))
    else:
        for result in results:
            mark = "ok   " if result.ok else "FAULT"
            click.echo(f"{mark} {result.name}: {result.sentence}" + (f"  → {result.remedy}" if result.remedy else ""))
    ctx.exit(0 if all(result.ok for result in results) else 1)
