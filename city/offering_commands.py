"""The verbs `learncity offering …` and `learncity duplicates …`: what a person looks at and sets right by hand.

Owns: how values are typed and shown. The rules are `city.services.editing`, `.duplicates` and `.quality`.
"""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from city.cli import open_database
from city.config import load_settings
from city.errors import InvalidInput, NotFound
from city.model import Offering
from city.services.duplicates import Duplicates
from city.services.editing import Editing
from city.services.permissions import Actor
from city.services.quality import quality_of

SHOWN_GAPS = 3


@click.group("offering")
def offering() -> None:
    """Offerings: look at one, set it right by hand, see what its readers miss."""


@offering.command("show")
@click.argument("offering_id", type=int)
def offering_show(offering_id: int) -> None:
    """Print an offering as JSON: its record, its locked fields with both values, its quality and what is missing.

    \b
    Example:
      learncity offering show 42
    """
    editing, actor = _editing(), Actor.system()
    with open_database().reading() as work:
        quality = quality_of(work.offerings.get(offering_id))
    shown = {
        "id": offering_id,
        "record": editing.record(actor, offering_id),
        "locked": [
            {"field": lock.field, "own": lock.own, "of_source": lock.of_source}
            for lock in editing.locked(actor, offering_id)
        ],
        "quality": quality.score,
        "missing": [{"part": gap.part, "points": gap.points, "remedy": gap.remedy} for gap in quality.missing],
    }
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


@offering.command("edit")
@click.argument("offering_id", type=int)
@click.argument("values", metavar="FIELD=VALUE…", nargs=-1, required=True)
def offering_edit(offering_id: int, values: tuple[str, ...]) -> None:
    """Write fields by hand; what a source brought is locked there against the next import.

    A value is JSON as `learncity offering show` prints it, or plain text. FIELD.TAG writes one language of a text.

    \b
    Examples:
      learncity offering edit 42 title.en="Tea for beginners" age_min=16
      learncity offering edit 42 prices='[{"amount_minor": 2000, "currency": "CNY", "label": {}}]'
    """
    editing = _editing()
    present = editing.record(Actor.system(), offering_id)
    written = _values(values, present)
    editing.edit(Actor.system(), offering_id, written)
    click.echo(f"Offering {offering_id} says what you wrote in {', '.join(sorted(written))}.")


@offering.command("release")
@click.argument("offering_id", type=int)
@click.argument("field")
def offering_release(offering_id: int, field: str) -> None:
    """Give a locked field back to its source: what the source said last stands again.

    \b
    Example:
      learncity offering release 42 title
    """
    _editing().release(Actor.system(), offering_id, field)
    click.echo(f"The {field} of offering {offering_id} follows its source again.")


@offering.command("quality")
@click.option("--operator", "operator_slug", required=True, metavar="SLUG", help="Whose offerings.")
@click.option("--n", default=20, show_default=True, type=click.IntRange(1), help="How many to show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for machines.")
def offering_quality(operator_slug: str, n: int, as_json: bool) -> None:
    """List an operator's offerings still to come, those first that say least, with what would help readers most.

    \b
    Example:
      learncity offering quality --operator hubin-library
    """
    now = load_settings().catalogue_clock.now()
    with open_database().reading() as work:
        found = work.operators.by_slug(operator_slug)
        if found is None:
            raise NotFound(f"There is no operator {operator_slug!r}: see learncity operator list.")
        looked_at = [(each, quality_of(each)) for each in work.offerings.of_operator(found.id) if each.is_listable(now)]
    looked_at.sort(key=lambda pair: (pair[1].score, pair[0].id))
    rows: list[dict[str, Any]] = [
        {
            "id": each.id,
            "title": _title(each),
            "quality": quality.score,
            "missing": [f"{gap.part} (+{gap.points}): {gap.remedy}" for gap in quality.missing],
        }
        for each, quality in looked_at[:n]
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("offering", "title", "quality", "what would help")
    for row in rows:
        table.add_row(str(row["id"]), row["title"], f"{row['quality']} of 100", "\n".join(row["missing"][:SHOWN_GAPS]))
    Console().print(table if rows else f"{operator_slug} has no offering that is still to come.")


@click.group("duplicates")
def duplicates() -> None:
    """Duplicates: one thing that two sources publish."""


@duplicates.command("find")
def duplicates_find() -> None:
    """Look for offerings of different sources that are alike in title, place and time.

    \b
    Example:
      learncity duplicates find
    """
    found = _duplicates().find()
    click.echo(f"{found} new pairs: learncity duplicates list shows them." if found else "No new pairs.")


@duplicates.command("list")
@click.option("--merged", is_flag=True, help="Those that are merged, in place of the open ones.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for machines.")
def duplicates_list(merged: bool, as_json: bool) -> None:
    """List the pairs that nobody decided on, the likest first.

    \b
    Example:
      learncity duplicates list
    """
    found = _duplicates()
    rows = [
        {"likeness": pair.likeness, "first": _seen(first), "second": _seen(second)}
        for pair, first, second in (found.merged_pairs() if merged else found.open_pairs())
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("likeness", "one", "other")
    for row in rows:
        table.add_row(f"{row['likeness']:.2f}", _cell(row["first"]), _cell(row["second"]))
    Console().print(table if rows else "There are none.")


@duplicates.command("merge")
@click.argument("kept_id", type=int)
@click.argument("duplicate_id", type=int)
def duplicates_merge(kept_id: int, duplicate_id: int) -> None:
    """Let KEPT_ID stand for DUPLICATE_ID: the duplicate leaves all lists, its page leads to the kept one.

    \b
    Example:
      learncity duplicates merge 42 97
    """
    _duplicates().merge(Actor.system(), kept_id, duplicate_id)
    click.echo(f"Offering {kept_id} stands for {duplicate_id} now. learncity duplicates undo {duplicate_id} undoes it.")


@duplicates.command("distinct")
@click.argument("first_id", type=int)
@click.argument("second_id", type=int)
def duplicates_distinct(first_id: int, second_id: int) -> None:
    """Say that two offerings are different things; they are not proposed again.

    \b
    Example:
      learncity duplicates distinct 42 97
    """
    _duplicates().keep_apart(Actor.system(), first_id, second_id)
    click.echo(f"Offerings {first_id} and {second_id} are different things.")


@duplicates.command("undo")
@click.argument("duplicate_id", type=int)
def duplicates_undo(duplicate_id: int) -> None:
    """Undo a merge: the duplicate stands for itself again.

    \b
    Example:
      learncity duplicates undo 97
    """
    kept_id = _duplicates().undo(Actor.system(), duplicate_id)
    click.echo(f"Offering {duplicate_id} stands for itself again; {kept_id} no longer stands for it.")


def _editing() -> Editing:
    return Editing(open_database(), load_settings().catalogue_clock)


def _duplicates() -> Duplicates:
    return Duplicates(open_database(), load_settings().catalogue_clock)


def _values(typed: tuple[str, ...], present: dict[str, Any]) -> dict[str, Any]:
    """Return field → value of what was typed; FIELD.TAG changes one language of the present text."""
    found: dict[str, Any] = {}
    for word in typed:
        name, equals, text = word.partition("=")
        if not equals:
            raise InvalidInput(f"{word!r} has no value: write FIELD=VALUE, like age_min=16.")
        field, dot, tag = name.partition(".")
        if dot:
            texts = dict(found.get(field, present.get(field) or {}))
            found[field] = {**texts, tag: text}
        else:
            found[field] = _json_or_text(text)
    return found


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _title(offering: Offering) -> str:
    return offering.title.best("zh")[0]


def _seen(offering: Offering) -> dict[str, Any]:
    meetings = offering.meetings()
    return {
        "id": offering.id,
        "title": _title(offering),
        "source": offering.source or "",
        "venue": offering.venue.name.best("zh")[0] if offering.venue is not None else "",
        "first_day": meetings[0].held_on.isoformat() if meetings else "",
    }


def _cell(seen: Any) -> str:
    return "\n".join(str(seen[key]) for key in ("id", "title", "venue", "first_day", "source") if seen[key] != "")
