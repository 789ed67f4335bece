"""One offering as every engine stores it: a frozen Document, made by a pure function from rows already loaded.

Owns: what of an offering can be found, filtered, counted and sorted, and its merit (freshness, quality, popularity).
Knows no engine, database or clock. `Surroundings` is read once for a batch. Called by sync, rebuild and benchmarks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from city import analysis
from city.model import Area, AreaLevel, Attendance, LocalisedText, Status, Topic, Venue
from city.model.indexed import AnyMeeting, AnyOffering
from city.services.quality import BEST_SCORE, score_of
from indexer.completions import name_completions
from indexer.fields import ALWAYS_THERE
from indexer.wordings import WORDS

ALWAYS = 1 << 40
"""`listed_until` of what never is over, in seconds since 1970."""
NOT_STATED = "not_stated"
"""The daypart of a meeting whose hour nobody stated."""
DAYPARTS = ("morning", "afternoon", "evening", NOT_STATED)
QUARTER_MINUTES = 15
LATEST_QUARTER = 99
"""The end, in quarters of the day, of what ends on the next day: it fits into no free hours."""

ID_BITS, VALUE_BITS = 35, 27
LARGEST_ID = (1 << ID_BITS) - 1
LARGEST_VALUE = (1 << VALUE_BITS) - 1
FULL_OR_OPEN = 1 << (ID_BITS + VALUE_BITS)

MERIT_BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
FRESHNESS_YEARS = 33.0
"""Merit grows by e in so many years of publishing later: mild, and the order never depends on the day of asking."""
BEST_STEP = 10
NAMES_REMEMBERED = 20_000
QUALITY_SHARE, POPULARITY_SHARE = 0.1, 0.05
LOGARITHM_OF_LARGEST_MERIT = 2.0


@dataclass(frozen=True, slots=True)
class Document:
    """What an engine stores of one offering; tuples of tokens are without white space, orders are numbers to sort by.

    `days` are ordinals of local days with an upcoming meeting, `slots` weekday-daypart, `day_slots` day-daypart,
    `hours` weekday-start-end in quarters of an hour (start rounded down, end up). Something always open has all
    weekdays and dayparts and no days. `completions` are (key, type, id, names as JSON), joined by tabs.
    """

    offering_id: int
    titles: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    """Text field → tokens."""
    keywords: Mapping[str, tuple[str, ...]]
    """Keyword field → distinct values."""
    numbers: Mapping[str, tuple[int, ...]]
    """Number field → values."""
    position: tuple[float, float] | None = None
    """(latitude, longitude), WGS84 degrees."""
    merit: float = 1.0
    """≥ 1; multiplies the relevance."""


@dataclass(frozen=True, slots=True)
class Place:
    """An Area as documents need it: the ids of its lineage, its district, and the words of all their names."""

    lineage: tuple[str, ...]
    district: str | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A Topic as documents need it: itself with all above it, its name, its completions."""

    lineage: tuple[str, ...]
    name: LocalisedText
    completions: tuple[str, ...]


@dataclass(frozen=True)
class Surroundings:
    """What documents say of the city beside the offering's own rows; read once, free of any database session."""

    places: Mapping[str, Place] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    area_of_venue: Mapping[int, str | None] = field(default_factory=dict)
    whole_city: tuple[str, ...] = ()
    """Ids of the areas of level city: where an offering without a place is."""

    @classmethod
    def of(cls, areas: Iterable[Area], topics: Iterable[Topic], venues: Iterable[Venue] = ()) -> Surroundings:
        """Read areas, topics and (for routes that start at a venue) venues."""
        all_areas = list(areas)
        return cls(
            {area.id: _place(area) for area in all_areas},
            {topic.id: _subject(topic) for topic in topics},
            {venue.id: venue.area_id for venue in venues},
            tuple(area.id for area in all_areas if area.level == AreaLevel.CITY),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """An offering at an instant, with what several fields of its document say worked out once."""

    offering: AnyOffering
    meetings: Sequence[AnyMeeting]
    """Those still to come, soonest first."""
    times: Sequence[tuple[int, str]]
    """Weekday and daypart of each meeting."""
    place: Place | None
    subjects: Sequence[Subject]
    has_seats: bool
    is_free: bool | None


def to_document(
    offering: AnyOffering, *, now: datetime, surroundings: Surroundings, popularity_step: int = 0
) -> Document | None:
    """Return the document of an offering loaded whole, or None when nobody may meet it in a list at `now`."""
    meetings = offering.upcoming_meetings(now)
    if offering.status != Status.PUBLISHED or offering.merged_into_id or not (offering.always_open or meetings):
        return None
    seen = Seen(
        offering,
        meetings,
        times=[(each.weekday(), str(each.daypart() or NOT_STATED)) for each in meetings],
        place=surroundings.places.get(_area_id(offering, surroundings) or ""),
        subjects=[surroundings.subjects[id_] for id_ in offering.topic_ids() if id_ in surroundings.subjects],
        has_seats=offering.has_seats(now),
        is_free=offering.is_free(),
    )
    merit = merit_of(offering, meetings, popularity_step)
    return Document(
        offering_id=offering.id,
        titles=dict(offering.title),
        words=_words(seen),
        keywords=_keywords(seen, surroundings.whole_city),
        numbers=_numbers(seen, merit),
        position=_position(offering),
        merit=merit,
    )


def merit_of(offering: AnyOffering, meetings: Sequence[AnyMeeting], popularity_step: int) -> float:
    """Return freshness × quality × popularity, each mild and at least 1."""
    published = offering.published_at or offering.created_at
    years = max(0.0, (published - MERIT_BEGINS) / timedelta(days=365.25))
    quality = 1 + QUALITY_SHARE * score_of(offering, meetings) / BEST_SCORE
    popularity = 1 + POPULARITY_SHARE * min(max(popularity_step, 0), BEST_STEP) / BEST_STEP
    return min(math.exp(years / FRESHNESS_YEARS) * quality * popularity, math.exp(LOGARITHM_OF_LARGEST_MERIT))


def _area_id(offering: AnyOffering, surroundings: Surroundings) -> str | None:
    """The area of the venue; of a route without one, that of its first stop at a venue."""
    if offering.venue is not None:
        return offering.venue.area_id
    ids = (surroundings.area_of_venue.get(stop.venue_id) for stop in offering.stops if stop.venue_id is not None)
    return next((area_id for area_id in ids if area_id), None)


def _position(offering: AnyOffering) -> tuple[float, float] | None:
    """Where one has to go: the venue, or the first stop of a route; None when unknown or only online."""
    if offering.attendance == Attendance.ONLINE:
        return None
    if offering.venue is not None and (position := offering.venue.position()) is not None:
        return position
    stops = ((stop.latitude, stop.longitude) for stop in offering.stops)
    return next(((lat, lon) for lat, lon in stops if lat is not None and lon is not None), None)


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


NO_NAME = LocalisedText()
OF_ALL_WORDS = ("title_words", "around_words", "description_words")


def _words(seen: Seen) -> dict[str, tuple[str, ...]]:
    offering, titles = seen.offering, _distinct(seen.offering.title)
    title = [word for each in titles for word in analysis.index_words(each)]
    around = _around(
        tuple(subject.name for subject in seen.subjects),
        offering.venue.name if offering.venue else NO_NAME,
        offering.operator.name if offering.operator else NO_NAME,
    )
    found = {
        "title_words": analysis.stems(title),
        "bigrams": [*chain.from_iterable(map(analysis.bigrams, titles)), *around.bigrams],
        "around_words": [*around.words, *(seen.place.words if seen.place else ()), *_context(seen)],
        "description_words": analysis.stems(analysis.index_words(_prose(offering))),
    }
    return {
        **{name: (ALWAYS_THERE, *tokens) for name, tokens in found.items()},
        "all_words": tuple(dict.fromkeys(chain.from_iterable(found[name] for name in OF_ALL_WORDS))),
        "title_forms": tuple(dict.fromkeys(title)),
        "title_keys": tuple(filter(None, map(analysis.whole_key, titles))),
        "title_spellings": _spelling_keys(title),
        "name_spellings": around.spellings,
        "title_sounds": tuple(dict.fromkeys(chain.from_iterable(map(analysis.sound_keys, titles)))),
        "title_word_sounds": _word_sounds(title),
        "name_sounds": around.sounds,
    }


def _prose(offering: AnyOffering) -> str:
    """All running text of the offering, one language after the other."""
    texts = [offering.summary, offering.description, offering.bring, offering.transcript]
    texts += [text for stop in offering.stops for text in (stop.name, stop.text)]
    texts += [title for run in offering.runs for title in run.meeting_titles()]
    return "\n".join(dict.fromkeys(part for text in texts if text for part in text.values()))


def _context(seen: Seen) -> tuple[str, ...]:
    """Words for what the filters know: "saturday", "免费", "夜校"."""
    offering = seen.offering
    values = {
        "weekday": [str(day) for day, _ in seen.times],
        "daypart": [part for _, part in seen.times],
        "kind": [offering.kind],
        "audience": offering.audiences,
        "attendance": [offering.attendance],
        "is_free": _flag(seen.is_free),
        "always_open": _flag(offering.always_open),
    }
    said = (WORDS[name].get(value, "") for name, many in values.items() for value in dict.fromkeys(many))
    return tuple(word for words in said for word in _wording_stems(words))


@lru_cache(1000)
def _wording_stems(words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(analysis.stems(analysis.query_words(words))))


def _distinct(text: LocalisedText) -> list[str]:
    """The text in each language; Traditional and Simplified of the same words are one."""
    return list({analysis.fold(each): each for each in text.values()}.values())


# many offerings have the same venue, operator and topics: what is read in their names is remembered


class Around(NamedTuple):
    """What is read in the names around an offering: stems of all, and of topics and venue how they are found else."""

    words: tuple[str, ...]
    bigrams: tuple[str, ...]
    """All characters and pairs, in which a word may be cut otherwise than in the question."""
    spellings: tuple[str, ...]
    sounds: tuple[str, ...]


@lru_cache(NAMES_REMEMBERED)
def _around(topics: tuple[LocalisedText, ...], venue: LocalisedText, operator: LocalisedText) -> Around:
    words = [word for name in (*topics, venue) for word in _name_words(name)]
    return Around(
        words=tuple(analysis.stems((*words, *_name_words(operator)))),
        bigrams=tuple(pair for name in (venue, *topics) for text in _distinct(name) for pair in analysis.bigrams(text)),
        spellings=_spelling_keys(words),
        sounds=_word_sounds(words),
    )


@lru_cache(NAMES_REMEMBERED)
def _name_words(name: LocalisedText) -> tuple[str, ...]:
    return tuple(word for text in _distinct(name) for word in analysis.index_words(text))


def _spelling_keys(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(analysis.spelling_key(word) for word in words if not analysis.is_han(word)))


def _word_sounds(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(map(analysis.word_sounds, words))))


# ── filters ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _keywords(seen: Seen, whole_city: Sequence[str]) -> dict[str, tuple[str, ...]]:
    offering, place, topics = seen.offering, seen.place, seen.offering.topic_ids()
    found = {
        "kind": [offering.kind],
        "topics": [*topics, *(id_ for subject in seen.subjects for id_ in subject.lineage)],
        "main_topic": topics[:1],
        "areas": place.lineage if place else whole_city,
        "district": [place.district] if place and place.district else [],
        "audiences": offering.audiences,
        "languages": offering.languages,
        "attendance": [offering.attendance],
        "access": sorted(offering.features()),
        "venue": [str(offering.venue_id)] if offering.venue_id is not None else [],
        "operator": [str(offering.operator_id)] if offering.operator_id is not None else [],
        "is_free": _flag(seen.is_free),
        "has_seats": _flag(seen.has_seats),
        "always_open": _flag(offering.always_open),
        **_times(seen),
    }
    distinct = {name: dict.fromkeys(map(str, values)) if len(values) > 1 else values for name, values in found.items()}
    return {name: tuple(values) for name, values in distinct.items()} | {"completions": _completions(seen)}


def _completions(seen: Seen) -> tuple[str, ...]:
    """What completes to the names of topics and venue; the id it leads to makes each a distinct one."""
    offering, found = seen.offering, [subject.completions for subject in seen.subjects]
    if offering.venue is not None and offering.venue_id is not None:
        found.append(name_completions("venue", str(offering.venue_id), offering.venue.name))
    return tuple(chain.from_iterable(found))


def _flag(value: bool | None) -> list[str]:
    return [] if value is None else ["true" if value else "false"]


def _times(seen: Seen) -> dict[str, list[str]]:
    if seen.offering.always_open:
        whole = _days_and_parts([(day, part) for day in range(7) for part in DAYPARTS[:3]])
        return {"weekdays": [str(day) for day in range(7)], "dayparts": list(DAYPARTS[:3]), **whole}
    distinct = dict.fromkeys(seen.times)
    held = zip(seen.meetings, seen.times, strict=True)
    return {
        "weekdays": [str(day) for day, _ in distinct],
        "dayparts": [part for _, part in distinct],
        **_days_and_parts(distinct),
        "slots": [slot(day, part) for day, part in distinct],
        "day_slots": [slot(meeting.held_on.toordinal(), part) for meeting, (_, part) in held],
        "hours": _hours(seen),
    }


def _days_and_parts(met: Iterable[tuple[int, str]]) -> dict[str, list[str]]:
    """Each weekday once with all its dayparts, each daypart once with all its weekdays: so one look counts choices."""
    parts, days = dict[int, int](), dict[str, int]()
    for day, part in met:
        parts[day] = parts.get(day, 0) | 1 << DAYPARTS.index(part)
        days[part] = days.get(part, 0) | 1 << day
    return {
        "weekday_parts": [set_token(str(day), bits) for day, bits in parts.items()],
        "part_weekdays": [set_token(part, bits) for part, bits in days.items()],
    }


def set_token(value: str, bits: int) -> str:
    """Return the token for a value with a set, bit by bit: of weekdays from Monday, or of DAYPARTS."""
    return f"{value}-{bits}"


def slot(day: int, daypart: str) -> str:
    """Return the token for a weekday (or the ordinal of a day) together with a daypart."""
    return f"{day}-{daypart}"


def hours_token(weekday: int, start_quarter: int, end_quarter: int) -> str:
    """Return the token for a meeting on a weekday between two quarters of the day."""
    return f"{weekday}-{start_quarter}-{end_quarter}"


def _hours(seen: Seen) -> list[str]:
    """The hours of the meetings that state one."""
    held = zip(seen.meetings, seen.times, strict=True)
    distinct = dict.fromkeys((day, meeting.starts_local, meeting.ends_local) for meeting, (day, _) in held)
    return [_hours_between(day, starts, ends) for day, starts, ends in distinct if starts is not None]


def _hours_between(weekday: int, starts: time, ends: time | None) -> str:
    """The hours of a meeting; where no end is known its start alone must fit."""
    start = (starts.hour * 60 + starts.minute) // QUARTER_MINUTES
    if ends is None:
        return hours_token(weekday, start, start + 1)
    end = -(-(ends.hour * 60 + ends.minute) // QUARTER_MINUTES)
    return hours_token(weekday, start, end if ends > starts else LATEST_QUARTER)


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _numbers(seen: Seen, merit: float) -> dict[str, tuple[int, ...]]:
    offering, meetings, is_open = seen.offering, seen.meetings, seen.has_seats
    prices = [price.amount_minor for price in offering.prices]
    published = offering.published_at or offering.created_at
    logarithm = math.log(merit) / LOGARITHM_OF_LARGEST_MERIT
    return {
        "days": () if offering.always_open else tuple(dict.fromkeys(each.held_on.toordinal() for each in meetings)),
        "price_minor": (min(prices),) if prices else (),
        "listed_until": (_listed_until(offering, meetings),),
        "browse_order": (_best_first(is_open, int(logarithm * LARGEST_VALUE), offering.id),),
        "soonest_order": (_smallest_first(is_open, _soonest(offering, meetings), offering.id),),
        "newest_order": (_best_first(is_open, int(published.timestamp()) // 60, offering.id),),
    }


def _listed_until(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> int:
    """The second at which the last meeting is over; a part of a second counts as a whole."""
    return ALWAYS if offering.always_open else math.ceil(max(meeting.over_at for meeting in meetings).timestamp())


def _soonest(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> int:
    """The minute of the next start (an hour not stated: the day's end is what is known); always open comes last."""
    if offering.always_open:
        return LARGEST_VALUE
    return int(min(meeting.starts_at or meeting.over_at for meeting in meetings).timestamp()) // 60


def _best_first(is_open: bool, value: int, offering_id: int) -> int:
    """A number that is larger the earlier it stands: open before full, larger value first, then smaller id."""
    return FULL_OR_OPEN * is_open + (_within(value) << ID_BITS) + (LARGEST_ID - offering_id)


def _smallest_first(is_open: bool, value: int, offering_id: int) -> int:
    """A number that is smaller the earlier it stands: open before full, smaller value first, then smaller id."""
    return FULL_OR_OPEN * (not is_open) + (_within(value) << ID_BITS) + offering_id


def _within(value: int) -> int:
    return min(max(value, 0), LARGEST_VALUE)


# ── the city around ───────────────────────────────────────────────────────────────────────────────────────────────────


def _place(area: Area) -> Place:
    lineage, district = area.lineage(), area.district()
    words = tuple(analysis.stems(word for each in lineage for word in _name_words(each.name)))
    return Place(tuple(each.id for each in lineage), district.id if district else None, words)


def _subject(topic: Topic) -> Subject:
    lineage, above = [topic.id], topic.parent
    while above is not None:
        lineage.append(above.id)
        above = above.parent
    also = tuple(word for words in topic.synonyms.values() for word in words)
    completions = name_completions("topic", topic.id, topic.name, also)
    return Subject(tuple(lineage), topic.name, completions)
