"""An offering as the form would have been filled in: to edit it, to copy it, and with what a new one begins.

Owns: how each column reads as typed text in a language, the inverse of `city.services.offering_form`. Pure; called by
`city.services.composing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from city.localised import LocalisedText
from city.model import ClassSession, Offering, Run
from city.services.series import Repeat, rule_in

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
BEGUN_AGAIN = ("day", "until", "except", "term", "residents_until")
"""Fields of a copy that begin empty: they belong to the days of the one that was."""
KEPT_FOR_NEW = ("kind", "venue", "room", "seats", "way", "price", "audience", "language", "contact", "party", "waiting")
"""What the last offering of an operator lends to its next one."""


def values_of(offering: Offering, run: Run | None, language: str) -> dict[str, Any]:
    """Return field → what stands there, of the offering and of the run that the form is about."""
    topics = offering.topic_ids()
    values: dict[str, Any] = {
        "kind": offering.kind,
        **_texts("title", offering.title),
        **_texts("summary", offering.summary),
        **_texts("description", offering.description),
        **_texts("bring", offering.bring),
        **_texts("rain_plan", offering.rain_plan),
        "venue": str(offering.venue_id) if offering.venue_id is not None else "",
        "attendance": offering.attendance,
        "price": price_words(offering.price_tiers, language),
        "topic": topics[0] if topics else "",
        "topic_also": topics[1] if len(topics) > 1 else "",
        "audience": list(offering.audiences),
        "language": list(offering.languages),
        "age_min": _number(offering.age_min),
        "age_max": _number(offering.age_max),
        "level": offering.level,
        "access": list(offering.access_features),
        "contact": offering.contact,
        "web_address": offering.web_address,
        "stops": _stops(offering, language),
    }
    return values | (_of_run(run, language) if run is not None else {})


def copy_of(offering: Offering, run: Run | None, language: str) -> dict[str, Any]:
    """Return the values of a copy: all as it was but its days; a window of enrolment keeps its distance to them."""
    values = values_of(offering, run, language)
    values |= dict.fromkeys(BEGUN_AGAIN, "")
    first = min((m.starts_at or m.over_at for m in _held(run)), default=None) if run is not None else None
    if run is not None:
        values["opens"] = _days_before(run.enrol_opens_at, first)
        values["closes"] = _days_before(run.enrol_closes_at, first)
        values["residents_area"] = ""
    return values


def defaults_from(last: Offering | None, run: Run | None, language: str) -> dict[str, Any]:
    """Return what a new form begins with: what the operator's last offering had of place, seats, price and people."""
    if last is None:
        return {"kind": "event", "price": "0", "audience": ["everyone"], "language": ["zh-Hans"]}
    values = values_of(last, run, language)
    kept = {name: values[name] for name in KEPT_FOR_NEW if name in values}
    return kept | ({"kind": "event"} if last.kind == "route" else {})


def _of_run(run: Run, language: str) -> dict[str, Any]:
    held = _held(run)
    zone = ZoneInfo(held[0].zone) if held else None
    return {
        **_when(held, language),
        "seats": _number(run.seat_count),
        "way": str(run.enrolment_mode),
        "room": run.room or "",
        "opens": _moment(run.enrol_opens_at, zone, language),
        "closes": _moment(run.enrol_closes_at, zone, language),
        "waiting": "yes" if run.keeps_waiting_list is not False else "no",
        "answer_hours": _number(run.answer_hours),
        "party": _number(run.most_in_party),
        "term": run.term or "",
        "term_limit": _number(run.term_limit),
        "residents_area": run.residents_area_id or "",
        "residents_until": _moment(run.residents_until, zone, language),
    }


def _held(run: Run | None) -> list[ClassSession]:
    return [meeting for meeting in run.class_sessions if not meeting.cancelled] if run is not None else []


def has_one_clock(run: Run | None) -> bool:
    """True when all meetings of a run have the same hours, so that one form can say when it is."""
    return len({(meeting.starts_local, meeting.ends_local) for meeting in _held(run)}) < 2


def _when(held: Sequence[ClassSession], language: str) -> dict[str, str]:
    """Return day, hours and rule; of meetings with different hours none of them: they are changed one by one."""
    if not held or len({(meeting.starts_local, meeting.ends_local) for meeting in held}) > 1:
        return {"day": "", "hours": "", "repeat": "", "times": ""}
    days = [meeting.held_on for meeting in held]
    repeat = rule_in(days)
    first = days if repeat is Repeat.NEVER else days[:1]
    return {
        "day": ("、" if language == "zh" else ", ").join(day_words(day, language) for day in first),
        "hours": hours_words(held[0].starts_local, held[0].ends_local),
        "repeat": str(repeat),
        "times": "" if repeat is Repeat.NEVER else str(len(days)),
    }


def day_words(day: date, language: str) -> str:
    """Return a day as it is typed: 2026年12月5日 or 5 December 2026."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def hours_words(starts: time | None, ends: time | None) -> str:
    """Return hours as they are typed: 19:00-20:30."""
    if starts is None:
        return ""
    return f"{starts:%H:%M}" + (f"-{'24:00' if ends == time(0) else format(ends, '%H:%M')}" if ends is not None else "")


def price_words(tiers: Sequence[Mapping[str, Any]], language: str) -> str:
    """Return prices as they are typed: 20, or 成人 30，学生 15."""
    said = []
    for tier in tiers:
        whole, rest = divmod(int(tier["amount_minor"]), 100)
        amount = f"{whole}.{rest:02d}" if rest else str(whole)
        said.append(f"{LocalisedText(tier.get('label')).best(language)[0]} {amount}".strip())
    return ("，" if language == "zh" else ", ").join(dict.fromkeys(said))


def _moment(instant: datetime | None, zone: ZoneInfo | None, language: str) -> str:
    if instant is None or zone is None:
        return ""
    local = instant.astimezone(zone)
    return f"{day_words(local.date(), language)} {local:%H:%M}"


def _days_before(instant: datetime | None, first: datetime | None) -> str:
    return str((first - instant).days) if instant is not None and first is not None and instant <= first else ""


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _texts(name: str, text: LocalisedText) -> dict[str, str]:
    """Return a text and its English beside it; one that is English alone stands in the first box."""
    chinese, english = text.get("zh-Hans", ""), text.get("en", "")
    return {name: chinese, f"{name}_en": english} if chinese else {name: english, f"{name}_en": ""}


def _stops(offering: Offering, language: str) -> str:
    return "\n".join(
        "; ".join(
            [
                stop.name.best(language)[0],
                str(stop.stay_minutes),
                str(stop.walk_minutes_to_next),
                *([f"{stop.latitude}, {stop.longitude}"] if stop.latitude is not None else []),
            ]
        )
        for stop in offering.stops
    )
