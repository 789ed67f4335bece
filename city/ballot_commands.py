"""The verbs `learncity ballot …`: what is prepared, published and drawn, and the audit of a published file.

Owns: how values are typed and shown, and the exit codes of the audit: 0 equal, 1 different, 2 no such file. The rules
are `city.services.ballot_office`'s; the audit needs no database.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from city.ballot_records import Audit, audited
from city.cli import open_database
from city.config import load_settings
from city.errors import FeedRefused
from city.model import Ballot
from city.services.ballot_office import BallotOffice, Stage, published
from city.services.ballot_settling import BallotSettling
from city.services.links import Links
from city.services.permissions import Actor
from city.tokens import Tokens

EQUAL, DIFFERENT, UNUSABLE = 0, 1, 2
LARGEST_FILE = 1_000_000_000


@click.group("ballot")
def ballot() -> None:
    """Ballots: announce, close, draw, and check what was published."""


@ballot.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for machines.")
def ballot_list(as_json: bool) -> None:
    """List all ballots, the newest first.

    \b
    Example:
      learncity ballot list
    """
    now = load_settings().catalogue_clock.now()
    with open_database().reading() as work:
        rows = [_row(each, work.ballots.counts(each.id), now) for each in work.ballots.all()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("ballot", "name", "state", "closes", "entries", "people")
    for row in rows:
        table.add_row(*(str(row[key]) for key in ("id", "name", "state", "closes_at", "entries", "people")))
    Console().print(table if rows else "There are none.")


@ballot.command("announce")
@click.argument("ballot_id", type=int)
def ballot_announce(ballot_id: int) -> None:
    """Publish rule, Runs and where the seed will come from; from then on they are fixed.

    \b
    Example:
      learncity ballot announce 3
    """
    _office().announce(Actor.system(), ballot_id)
    click.echo(f"Ballot {ballot_id} is announced. Its rule can be read by everybody and cannot be changed any more.")


@ballot.command("close")
@click.argument("ballot_id", type=int)
def ballot_close(ballot_id: int) -> None:
    """Publish the entries of a ballot whose window is over. The worker does it by itself.

    \b
    Example:
      learncity ballot close 3
    """
    digest = _office().close(Actor.system(), ballot_id)
    click.echo(f"Ballot {ballot_id} is closed. SHA-256 of its entries: {digest}")


@ballot.command("draw")
@click.argument("ballot_id", type=int)
@click.option("--value", default="", metavar="TEXT", help="What the public source said, where the seed comes from one.")
def ballot_draw(ballot_id: int, value: str) -> None:
    """Draw a closed ballot, publish the result, give the places and tell everybody.

    A draw that was cut off is taken up where it stopped: type it again.

    \b
    Examples:
      learncity ballot draw 3
      learncity ballot draw 3 --value "04 09 17 23 28 31 08"
    """
    if value:
        taken = _office().reveal(Actor.system(), ballot_id, value)
        click.echo(f"The value of the source is written down as: {taken}")
    _office().draw(Actor.system(), ballot_id)
    settings = load_settings()
    links = Links(Tokens(settings.signing_key()), settings.site_address)
    told = BallotSettling(open_database(), settings.catalogue_clock, links).settle(ballot_id)
    click.echo(f"Ballot {ballot_id} is drawn; {told} entries were told what came of them.")


@ballot.command("cancel")
@click.argument("ballot_id", type=int)
@click.option("--reason", default="", help="Why, for the audit log.")
def ballot_cancel(ballot_id: int, reason: str) -> None:
    """Call a ballot off that is not drawn; the worker tells those who entered.

    \b
    Example:
      learncity ballot cancel 3 --reason "The school is being repaired"
    """
    _office().cancel(Actor.system(), ballot_id, reason)
    click.echo(f"Ballot {ballot_id} is called off.")


@ballot.command("file")
@click.argument("ballot_id", type=int)
@click.argument("stage", type=click.Choice([str(stage) for stage in Stage]))
def ballot_file(ballot_id: int, stage: str) -> None:
    """Print a published file: announced, closed or drawn.

    \b
    Example:
      learncity ballot file 3 drawn > ballot-3.jsonl
    """
    with open_database().reading() as work:
        click.echo(published(work, ballot_id, Stage(stage)).body, nl=False)


@ballot.command("audit")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--closed", type=click.Path(path_type=Path), help="The file published before the draw: is it the same ballot?"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON value, for machines.")
def ballot_audit(file: Path, closed: Path | None, as_json: bool) -> None:
    """Run a draw again from its published file alone, and say equal or where it differs.

    Needs no database and no settings. Ends with 0 when all is equal, 1 when something differs, 2 when the file is no
    file of a ballot.

    \b
    Examples:
      learncity ballot audit ballot-3.jsonl
      learncity ballot audit ballot-3.jsonl --closed ballot-3-closed.jsonl
    """
    try:
        found = audited(_text(file), _text(closed) if closed else "")
    except FeedRefused as refused:
        where = f", line {refused.line}" if refused.line else ""
        click.echo(f"{file}{where}: {refused} Expected: {refused.remedy}.", err=True)
        sys.exit(UNUSABLE)
    click.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2) if as_json else _said(found))
    sys.exit(EQUAL if found.is_equal else DIFFERENT)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise FeedRefused("The file is too large.", remedy=f"at most {LARGEST_FILE:,} bytes")
        with file.open(encoding="utf-8", newline="") as opened:
            return opened.read()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise FeedRefused(f"{file} cannot be read: {unreadable}.", remedy="a file as it was published") from unreadable


def _said(found: Audit) -> str:
    counted = f"{found.entry_count:,} entries for {found.run_count} Runs"
    if not found.is_equal:
        return "\n".join(["It differs:", *(f"  {problem}" for problem in found.problems)])
    if found.stage == Stage.DRAWN:
        return f"Equal: {counted}, drawn again with the same result."
    return f"Sound: {counted}. This is the file before the draw ({found.stage}); there is nothing to draw again yet."


def _as_json(found: Audit) -> dict[str, Any]:
    return {
        "equal": found.is_equal,
        "stage": found.stage,
        "entries": found.entry_count,
        "runs": found.run_count,
        "problems": list(found.problems),
    }


def _office() -> BallotOffice:
    return BallotOffice(open_database(), load_settings().catalogue_clock)


def _row(each: Ballot, counts: tuple[int, int], now: Any) -> dict[str, Any]:
    state = "open" if each.is_open(now) else "closed" if each.is_closed(now) else str(each.status)
    return {
        "id": each.id,
        "name": each.name.best("zh")[0],
        "state": state,
        "closes_at": each.closes_at.isoformat(),
        "entries": counts[0],
        "people": counts[1],
    }
