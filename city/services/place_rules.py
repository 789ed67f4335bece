"""Who may have a place on a Run, and why not: by-laws as small functions, each with its sentence in both languages.

Owns: the enrolment window, age, residents first, places a person and term, people in one booking. Equal for all
channels; only a party may be larger when staff books it. Called by enrolling and balloting, and by pages that show the
limits before a form is filled in. Seats are not counted here: that is `city.services.seats`.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from city.errors import EnrolmentClosed, InvalidInput, LimitReached
from city.localised import LocalisedText
from city.model import Area, Citizen, EnrolmentMode, Offering, Run
from city.services import place_words
from city.services.contacts import Asker
from city.services.permissions import Actor
from city.services.place_words import Said
from city.store.unit_of_work import UnitOfWork

BAND_YEARS = 10
EARLIEST_BIRTH_YEAR = 1900


def closed_because(run: Run, now: datetime) -> str:
    """Return the rule that keeps it closed: cancelled, over, walk_in, draw, not_open, closed; "" when it is open."""
    if run.cancelled:
        return "cancelled"
    if run.is_over(now):
        return "over"
    if run.enrolment_mode != EnrolmentMode.FIRST_COME:
        return "draw" if run.enrolment_mode == EnrolmentMode.BALLOT else "walk_in"
    if run.enrol_opens_at is not None and now < run.enrol_opens_at:
        return "not_open"
    return "closed" if run.enrol_closes_at is not None and run.enrol_closes_at <= now else ""


def refuse_unless_open(work: UnitOfWork, run: Run, now: datetime, zone: ZoneInfo) -> None:
    """Return when a place can be taken on the run now (full or not), else raise EnrolmentClosed with the reason."""
    if rule := closed_because(run, now):
        said = _closed_words(work, run, rule, zone)
        raise EnrolmentClosed(said["en"], rule=rule, said=said)


def _closed_words(work: UnitOfWork, run: Run, rule: str, zone: ZoneInfo) -> Said:
    if rule == "draw":
        ballot = work.ballots.find(run.ballot_id) if run.ballot_id is not None else None
        return place_words.draw(ballot.name if ballot else LocalisedText())
    if rule == "not_open" and run.enrol_opens_at is not None:
        return place_words.not_open(run.enrol_opens_at.astimezone(zone))
    if rule == "closed" and run.enrol_closes_at is not None:
        return place_words.closed(run.enrol_closes_at.astimezone(zone))
    return {"cancelled": place_words.called_off, "over": place_words.over}.get(rule, place_words.walk_in)()


def refuse_beyond_limits(
    work: UnitOfWork, actor: Actor, run: Run, citizen: Citizen, asker: Asker, now: datetime, zone: ZoneInfo
) -> None:
    """Return when no limit keeps the citizen from a place; raises LimitReached, or InvalidInput naming what to ask.

    What is known of the citizen counts only for the citizen and for staff: a visitor who types somebody's phone learns
    nothing of that person's age or home.
    """
    known = citizen if actor.is_staff or actor.citizen_id == citizen.id else None
    refuse_large_party(actor, run, asker)
    refuse_other_ages(run, known, asker, now, zone)
    refuse_non_residents(work, run, known, asker, now, zone)
    refuse_beyond_term(work, run, citizen.id)


def refuse_large_party(actor: Actor, run: Run, asker: Asker) -> None:
    """Refuse more people in one booking than the run allows; staff may book larger groups, never above all seats."""
    if run.seat_count is not None and asker.party_size > run.seat_count > 0:
        raise _reached("never_fits", place_words.never_fits(run.seat_count, asker.party_size))
    if asker.party_size > run.most_in_party and not actor.is_staff:
        raise _reached("party", place_words.party_limit(run.most_in_party))


def needs_birth_year(run: Run, known: Citizen | None, now: datetime, zone: ZoneInfo) -> bool:
    """True when the form has to ask for the year of birth: ages are limited, and what is known does not settle it."""
    fitting = _fitting(run, _birth_years(known, None), now, zone)
    return _has_ages(run.offering) and not _settled(fitting)


def refuse_other_ages(run: Run, known: Citizen | None, asker: Asker, now: datetime, zone: ZoneInfo) -> None:
    """Refuse whoever cannot be of the age at the first meeting; a year typed counts before a band that is known.

    Of a year of birth both ages of that year count: nobody is asked for the day.
    """
    if not _has_ages(run.offering):
        return
    lowest, highest = run.offering.age_min, run.offering.age_max
    _refuse_no_birth_year(asker.birth_year, now)
    fitting = _fitting(run, _birth_years(known, asker.birth_year), now, zone)
    if not _settled(fitting):
        said = place_words.birth_year_needed(lowest, highest)
        raise InvalidInput(said["en"], field="birth_year", remedy="a year of four digits, like 1958", said=said)
    if not any(fitting):
        raise _reached("age", place_words.age_limit(lowest, highest))


def _has_ages(offering: Offering) -> bool:
    return offering.age_min is not None or offering.age_max is not None


def _fitting(run: Run, birth_years: range, now: datetime, zone: ZoneInfo) -> list[bool]:
    """Return for each year of birth whether somebody born in it has a right age at the next meeting."""
    ahead = [meeting.held_on for meeting in run.class_sessions if not meeting.is_over(now)]
    year = min(ahead, default=now.astimezone(zone).date()).year
    return [_fits(year - born, run.offering.age_min, run.offering.age_max) for born in birth_years]


def _settled(fitting: list[bool]) -> bool:
    """True when something is known and all of it says the same."""
    return bool(fitting) and all(fitting) == any(fitting)


def _birth_years(known: Citizen | None, typed: int | None) -> range:
    """Return the years in which the person may be born: the one typed, else the known band, else none."""
    if typed is not None:
        return range(typed, typed + 1)
    if known is None or known.birth_year_from is None:
        return range(0)
    return range(known.birth_year_from, known.birth_year_from + BAND_YEARS)


def _refuse_no_birth_year(typed: int | None, now: datetime) -> None:
    if typed is not None and not EARLIEST_BIRTH_YEAR <= typed <= now.year:
        said = place_words.no_birth_year()
        raise InvalidInput(said["en"], field="birth_year", value=typed, remedy="four digits, like 1958", said=said)


def _fits(age_this_year: int, lowest: int | None, highest: int | None) -> bool:
    """True when somebody who reaches that age this year has a right age before or after the birthday."""
    return (lowest is None or age_this_year >= lowest) and (highest is None or age_this_year - 1 <= highest)


def residents_first(run: Run, now: datetime) -> bool:
    """True while only residents of the run's Area may take a place."""
    return run.residents_area_id is not None and (run.residents_until is None or now < run.residents_until)


def needs_area(run: Run, known: Citizen | None, now: datetime) -> bool:
    """True when the form has to ask where the person lives."""
    return residents_first(run, now) and (known is None or known.area_id is None)


def refuse_non_residents(
    work: UnitOfWork, run: Run, known: Citizen | None, asker: Asker, now: datetime, zone: ZoneInfo
) -> None:
    """Refuse whoever lives elsewhere while residents come first; what is typed counts before what is known."""
    if not residents_first(run, now) or run.residents_area_id is None:
        return
    first = work.areas.get(run.residents_area_id)
    until = run.residents_until.astimezone(zone) if run.residents_until else None
    home = _home(work, known, asker)
    if home is None:
        said = place_words.area_needed(first.name, until)
        raise InvalidInput(said["en"], field="area_id", value=asker.area_id, remedy="one of the list", said=said)
    if first not in home.lineage():
        raise _reached("residents", place_words.residents_limit(first.name, until))


def _home(work: UnitOfWork, known: Citizen | None, asker: Asker) -> Area | None:
    area_id = asker.area_id or (known.area_id if known else None)
    return work.areas.find(area_id) if area_id else None


def refuse_beyond_term(work: UnitOfWork, run: Run, citizen_id: int) -> None:
    """Refuse a place more than one person may hold with the operator in the run's term.

    The citizen's row is locked until the commit, so that two requests for two runs do not both count one too few.
    """
    if run.term_limit is None:
        return
    work.citizens.lock(citizen_id)
    if work.enrolments.held_in_term(citizen_id, run.offering.operator_id, run.term) >= run.term_limit:
        raise _reached("term", place_words.term_limit_reached(run.term_limit))


def limits_in_words(work: UnitOfWork, run: Run, now: datetime, zone: ZoneInfo) -> list[Said]:
    """Return what limits the run's places, one sentence each, to be shown before anybody fills in a form."""
    offering, found = run.offering, []
    if offering.age_min is not None or offering.age_max is not None:
        found.append(place_words.age_limit(offering.age_min, offering.age_max))
    if residents_first(run, now) and (area := work.areas.find(run.residents_area_id or "")) is not None:
        until = run.residents_until.astimezone(zone) if run.residents_until else None
        found.append(place_words.residents_limit(area.name, until))
    if run.term_limit is not None:
        found.append(place_words.term_limit(run.term_limit))
    return found


def _reached(rule: str, said: Said) -> LimitReached:
    return LimitReached(said["en"], rule=rule, said=said)
