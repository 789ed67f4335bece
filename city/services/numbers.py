"""An operator's numbers: how often its offerings were seen, saved, enrolled in and attended, by week and by district.

Owns: the weeks (Monday to Sunday in the city's zone), and that no cell tells of a person (`small_numbers`). Called by
the operators' portal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from city.clock import Clock, instant_of
from city.model import Area, LocalisedText
from city.services import small_numbers
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.numbers_repository import COUNTED

WEEKS = 12
MOST_OFFERINGS = 20
NOWHERE = ""
"""Stands for people of whom nobody knows where they live."""


@dataclass(frozen=True)
class NumbersRow:
    """Counts of one week, district or offering; None where a count is too small to be shown."""

    key: date | str | int
    name: LocalisedText
    seen: int | None
    saved: int | None
    enrolled: int | None
    attended: int | None
    waiting: int | None = 0


@dataclass(frozen=True)
class OperatorNumbers:
    """Three tables of the same deeds, and their total; all counts rounded to five."""

    since_on: date
    until_on: date
    weeks: tuple[NumbersRow, ...]
    districts: tuple[NumbersRow, ...]
    offerings: tuple[NumbersRow, ...]
    total: NumbersRow


def operator_numbers(
    database: Database, clock: Clock, actor: Actor, operator_id: int, *, weeks: int = WEEKS
) -> OperatorNumbers:
    """Count the deeds of the last `weeks` weeks, the running one included; raises NotAllowed."""
    require(actor, Operation.SEE_NUMBERS, Subject(operator_id=operator_id))
    monday = clock.today() - timedelta(days=clock.today().weekday())
    first = monday - timedelta(weeks=weeks - 1)
    since = instant_of(first, time(0), clock.zone)
    by_week, by_district, by_offering = (defaultdict[Hashable, Counter[str]](Counter) for _ in range(3))
    with database.reading() as work:
        districts = _districts(work.areas.all())
        for deed in work.numbers.deeds(operator_id, since):
            by_week[_monday_of(deed.happened_at, clock)][deed.kind] += 1
            by_district[districts.get(deed.area_id or "", NOWHERE)][deed.kind] += 1
            by_offering[deed.offering_id][deed.kind] += 1
        waiting = work.numbers.waiting(operator_id)
        for offering_id, count in waiting.items():
            by_offering[offering_id]["waiting"] = count
        names: dict[Hashable, LocalisedText] = {area.id: area.name for area in work.areas.all()}
        busiest = sorted(by_offering, key=lambda id_: (-sum(by_offering[id_].values()), str(id_)))[:MOST_OFFERINGS]
        found = work.offerings.many([int(str(id_)) for id_ in busiest])
        names |= {offering.id: offering.title for offering in found}
    ordered = [first + timedelta(weeks=number) for number in range(weeks)]
    places = sorted(by_district, key=lambda id_: (id_ == NOWHERE, -by_district[id_]["view"], str(id_)))
    return OperatorNumbers(
        since_on=first,
        until_on=clock.today(),
        weeks=_rows(ordered, by_week, names),
        districts=_rows(places, by_district, names),
        offerings=_rows(busiest, by_offering, names),
        total=_total(by_week.values(), sum(waiting.values())),
    )


def _rows(
    keys: Sequence[Hashable], counts: Mapping[Hashable, Counter[str]], names: Mapping[Hashable, LocalisedText]
) -> tuple[NumbersRow, ...]:
    """Return a row for each key, every column protected as a whole."""
    told = {
        kind: small_numbers.column([counts[key][kind] if key in counts else 0 for key in keys])
        for kind in (*COUNTED, "waiting")
    }
    return tuple(
        NumbersRow(key, names.get(key, LocalisedText()), *(told[kind][place] for kind in (*COUNTED, "waiting")))  # type: ignore[arg-type]
        for place, key in enumerate(keys)
    )


def _total(counts: Iterable[Counter[str]], waiting: int) -> NumbersRow:
    total = sum(counts, Counter[str]())
    seen, saved, enrolled, attended = (small_numbers.shown(total[kind]) for kind in COUNTED)
    return NumbersRow("", LocalisedText(), seen, saved, enrolled, attended, small_numbers.shown(waiting))


def _districts(areas: Iterable[Area]) -> dict[str, str]:
    found = {}
    for area in areas:
        district = area.district()
        found[area.id] = district.id if district is not None else NOWHERE
    return found


def _monday_of(instant: datetime, clock: Clock) -> date:
    day = instant.astimezone(clock.zone).date()
    return day - timedelta(days=day.weekday())
