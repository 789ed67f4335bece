"""The verb `learncity audit`: is the log of who changed what whole?

Owns: options, sentences and exit codes. The walk is `city.services.verifying`'s.
"""

from __future__ import annotations

import json

import click

from city.cli import open_database
from city.services.permissions import Actor
from city.services.verifying import verify_log


@click.group()
def audit() -> None:
    """The audit log: who changed what, each entry chained to the one before."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON value, for machines.")
@click.option("--head", "known", default="", help="The hash of an earlier day, from the log stream, that must be met.")
@click.pass_context
def verify(ctx: click.Context, as_json: bool, known: str) -> None:
    """Walk the whole chain and say whether it is whole, or at which entry it breaks.

    Exit code 0 when all is whole, 1 when it is broken.

    \b
    Examples:
      learncity audit verify
      learncity audit verify --head 5f0c…
    """
    database = open_database()
    found = verify_log(database, Actor.system())
    told = found.broken
    if not told and known:
        with database.reading() as work:
            met = any(entry.sha256 == known for entry in work.audit_log.all())
        told = "" if met else "The hash of the earlier day is not in the chain: the log was written anew."
    if as_json:
        click.echo(
            json.dumps({"whole": not told, "entries": found.entry_count, "head": found.head_sha256, "broken": told})
        )
    elif told:
        click.echo(f"The audit log is broken. {told} {found.entry_count} entries before that are in order.", err=True)
    else:
        click.echo(f"The audit log is whole: {found.entry_count} entries, head {found.head_sha256}.")
    ctx.exit(1 if told else 0)
