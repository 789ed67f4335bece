"""The verb `learncity staff`: invite, list, shut out. The first administrator comes in this way.

Owns: options and what is printed. The rules are `city.services.staff_keeping`'s.
"""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from city.cli import open_database
from city.config import Settings, load_settings
from city.errors import InvalidInput, NotFound
from city.mail import build_mailer
from city.model import Staff
from city.model.people import Role
from city.passwords import Passwords
from city.second_factor import SecondFactor
from city.services.guessing import Guessing
from city.services.permissions import Actor
from city.services.staff_access import StaffAccess
from city.services.staff_keeping import Invitation, StaffKeeping
from city.store.database import Database


@click.group()
def staff() -> None:
    """Staff: people who work for an operator or the city."""


@staff.command("invite")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What the person may do.")
@click.option("--operator", "operator_slug", default="", help="The operator's slug, for editor, publisher, desk.")
@click.option("--district", default=None, help="The district's key, for a moderator.")
@click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the mail."
)
def staff_invite(email: str, role: str, operator_slug: str, district: str | None, language: str) -> None:
    """Invite somebody to work here: mail the link and print it. It is good once, for seven days.

    For somebody who works here already it sets a new password and second step, and the role named here.

    \b
    Examples:
      learncity staff invite chief@city.example --role administrator
      learncity staff invite mei@library.example --role publisher --operator hubin-library
    """
    settings, database = load_settings(), open_database()
    operator_id = _operator_id(database, operator_slug) if operator_slug else None
    asked = Invitation(email, role, operator_id, district, language)
    made = _keeping(settings, database).invite(Actor.system(), asked)
    sent = "was sent the link" if made.mailed else "could not be sent the mail; hand the link over yourself"
    click.echo(f"{email} {sent}. It is good once, for seven days:", err=True)
    click.echo(made.link)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for machines.")
def staff_list(as_json: bool) -> None:
    """List all staff: who, as what, for whom, and whether they may come in.

    \b
    Example:
      learncity staff list
    """
    with open_database().reading() as work:
        rows = [_row(one) for one in work.staff.all()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("e-mail", "name", "role", "for", "state")
    for row in rows:
        table.add_row(row["email"], row["name"], row["role"], row["for"], row["state"])
    Console().print(table if rows else "Nobody works here yet: learncity staff invite EMAIL --role administrator")


@staff.command("disable")
@click.argument("email")
def staff_disable(email: str) -> None:
    """Shut somebody out at once, everywhere.

    \b
    Example:
      learncity staff disable mei@library.example
    """
    settings, database = load_settings(), open_database()
    with database.reading() as work:
        found = work.staff.by_email(email.strip().lower())
    if found is None:
        raise NotFound(f"Nobody with the mailbox {email[:80]!r} works here: see learncity staff list.")
    _keeping(settings, database).disable(Actor.system(), found.id)
    click.echo(f"{found.email} is shut out.")


def _row(one: Staff) -> dict[str, str]:
    body = one.operator.slug if one.operator is not None else one.district_id or ""
    state = "shut out" if one.disabled_at else "" if one.password_hash else "no password yet"
    return {"email": one.email, "name": one.name, "role": one.role, "for": body, "state": state}


def _operator_id(database: Database, slug: str) -> int:
    with database.reading() as work:
        found = work.operators.by_slug(slug)
    if found is None:
        raise InvalidInput(f"There is no operator {slug!r}: see learncity operator list.", field="operator")
    return found.id


def _keeping(settings: Settings, database: Database) -> StaffKeeping:
    key, clock = settings.signing_key(), settings.system_clock
    guessing = Guessing(database, clock, key)
    access = StaffAccess(
        database, clock, demo=settings.demo, passwords=Passwords(), factor=SecondFactor(key), guessing=guessing
    )
    return StaffKeeping(database, clock, access, build_mailer(settings), site=settings.site_address)
