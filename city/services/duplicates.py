"""One thing that two sources publish: candidates by place, time and title, and what a person decided.

Owns: how likeness is reckoned, merging and undoing it. A merge takes the duplicate out of all lists and lets its page
lead to the one that stands for it; nothing is erased, so it can be undone, and the next import keeps it. Called by
`learncity duplicates …` and by the worker each night.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from city.analysis import content_tokens
from city.clock import Clock
from city.distances import great_circle_m
from city.errors import Conflict, InvalidInput, NotFound
from city.model import DuplicatePair, Offering
from city.services.permissions import Actor, Operation, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

LIKE_ENOUGH = 0.6
NEAR_M = 250
"""Two sources set a house's point that far apart at most."""
MOST_IN_ONE_BLOCK = 60
"""Offerings of one day that share a title word: beyond that the word says nothing."""
MERGED, DISTINCT = "merged", "distinct"


@dataclass(frozen=True)
class _Shape:
    """What of an offering is compared: words of its titles, days with their first hour, its place."""

    id: int
    origin: str
    words: frozenset[str]
    times: frozenset[str]
    position: tuple[float, float] | None
    venue_words: frozenset[str]


class Duplicates:
    """Use cases of duplicates, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def find(self) -> int:
        """Look through all that is listed and keep the pairs that may be one thing; return how many are new.

        What was decided before is not asked again.
        """
        now = self._clock.now()
        with self._database.reading() as work:
            shapes = [_shape(each, now) for batch in work.offerings.in_batches() for each in batch
                      if each.is_listable(now)]  # fmt: skip
        found = dict(_alike(shapes))
        with self._database.writing() as work:
            known = work.feeds.duplicate_pairs()
            new = [pair for pair in found if pair not in known]
            for first, second in new:
                work.feeds.add_duplicate_pair(
                    DuplicatePair(
                        first_id=first,
                        second_id=second,
                        likeness=round(found[first, second], 3),
                        found_at=now,
                        decision="",
                    )
                )
            work.commit()
        return len(new)

    def open_pairs(self) -> list[tuple[DuplicatePair, Offering, Offering]]:
        """Return the pairs nobody decided on, the likest first, with both offerings."""
        with self._database.reading() as work:
            return _with_offerings(work, (row for row in work.feeds.duplicate_pairs().values() if not row.decision))

    def merged_pairs(self) -> list[tuple[DuplicatePair, Offering, Offering]]:
        """Return the pairs that are merged, with both offerings."""
        with self._database.reading() as work:
            pairs = work.feeds.duplicate_pairs().values()
            return _with_offerings(work, (row for row in pairs if row.decision == MERGED))

    def merge(self, actor: Actor, kept_id: int, duplicate_id: int) -> None:
        """Let one offering stand for another; raises NotAllowed, NotFound, InvalidInput, Conflict."""
        require(actor, Operation.MERGE_OFFERINGS)
        if kept_id == duplicate_id:
            raise InvalidInput("An offering is no duplicate of itself.", field="duplicate", value=duplicate_id)
        with self._database.writing() as work:
            kept, duplicate = work.offerings.get(kept_id), work.offerings.get(duplicate_id)
            self._refuse_merge(work, kept, duplicate)
            duplicate.merged_into_id = kept.id
            work.changed(duplicate, self._clock.now())
            self._decide(work, kept_id, duplicate_id, MERGED, actor)
            work.commit()

    def keep_apart(self, actor: Actor, first_id: int, second_id: int) -> None:
        """Say that two offerings are different things, also when they were merged; they are not proposed again."""
        require(actor, Operation.MERGE_OFFERINGS)
        with self._database.writing() as work:
            offerings = {each: work.offerings.get(each) for each in (first_id, second_id)}
            for offering in offerings.values():
                if offering.merged_into_id in offerings:
                    offering.merged_into_id = None
                    work.changed(offering, self._clock.now())
            self._decide(work, first_id, second_id, DISTINCT, actor)
            work.commit()

    def undo(self, actor: Actor, duplicate_id: int) -> int:
        """Undo a merge: the duplicate stands for itself again and the pair is open; return who stood for it."""
        require(actor, Operation.MERGE_OFFERINGS)
        with self._database.writing() as work:
            duplicate = work.offerings.get(duplicate_id)
            kept_id = duplicate.merged_into_id
            if kept_id is None:
                raise NotFound(f"Offering {duplicate_id} is merged into no other one: there is nothing to undo.")
            duplicate.merged_into_id = None
            work.changed(duplicate, self._clock.now())
            self._decide(work, kept_id, duplicate_id, "", actor)
            work.commit()
            return kept_id

    def _refuse_merge(self, work: UnitOfWork, kept: Offering, duplicate: Offering) -> None:
        if kept.merged_into_id is not None:
            raise Conflict(f"Offering {kept.id} is itself merged into {kept.merged_into_id}: name that one.")
        if followers := work.offerings.merged_into([duplicate.id]):
            raise Conflict(f"Offering {duplicate.id} stands for {followers[0].id}: undo that merge first.")
        places = work.enrolments.live_count([run.id for run in duplicate.runs])
        if places:
            raise Conflict(
                f"{places} places are taken on offering {duplicate.id}: keep that one, and merge the other into it."
            )

    def _decide(self, work: UnitOfWork, one: int, other: int, decision: str, actor: Actor) -> None:
        first, second = sorted((one, other))
        pair = work.feeds.duplicate_pair(first, second)
        if pair is None:
            pair = DuplicatePair(first_id=first, second_id=second, likeness=1.0, found_at=self._clock.now())
            work.feeds.add_duplicate_pair(pair)
        pair.decision, pair.decided_by = decision, str(actor.role)
        pair.decided_at = self._clock.now() if decision else None


def _with_offerings(work: UnitOfWork, pairs: Iterable[DuplicatePair]) -> list[tuple[DuplicatePair, Offering, Offering]]:
    wanted = sorted(pairs, key=lambda pair: (-pair.likeness, pair.first_id, pair.second_id))
    ids = sorted({each for pair in wanted for each in (pair.first_id, pair.second_id)})
    offerings = {offering.id: offering for offering in work.offerings.many(ids)}
    return [(pair, offerings[pair.first_id], offerings[pair.second_id]) for pair in wanted]


def _shape(offering: Offering, now: datetime) -> _Shape:
    titles = " ".join(offering.title.values())
    times = (f"{each.held_on}" + (f" {each.starts_local:%H:%M}" if each.starts_local else "")
             for each in offering.upcoming_meetings(now))  # fmt: skip
    venue = offering.venue
    return _Shape(
        id=offering.id,
        origin=offering.source or f"operator {offering.operator_id}",
        words=frozenset(content_tokens(titles)),
        times=frozenset(times) or frozenset({"always open"}),
        position=venue.position() if venue is not None else None,
        venue_words=frozenset(content_tokens(" ".join(venue.name.values()))) if venue is not None else frozenset(),
    )


def _alike(shapes: list[_Shape]) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield pairs of different origin that are like enough; only what shares a day and a title word is compared."""
    blocks: dict[tuple[str, str], list[_Shape]] = defaultdict(list)
    for shape in shapes:
        for day in {when.partition(" ")[0] for when in shape.times}:
            for word in shape.words:
                blocks[day, word].append(shape)
    seen = set[tuple[int, int]]()
    for block in blocks.values():
        if len(block) > MOST_IN_ONE_BLOCK:
            continue
        for one, other in combinations(block, 2):
            pair = (min(one.id, other.id), max(one.id, other.id))
            if one.origin != other.origin and pair not in seen:
                seen.add(pair)
                if (likeness := likeness_of(one, other)) >= LIKE_ENOUGH:
                    yield pair, likeness


def likeness_of(one: _Shape, other: _Shape) -> float:
    """Return 0 to 1: how alike titles are, times the worst of place and time.

    Without a known place or hour on one side nothing speaks against, and little for it.
    """
    return _shared(one.words, other.words) * min(_same_place(one, other), _same_time(one, other))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """The overlap of two sets against the smaller: one source may add a subtitle or a second language."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def _same_place(one: _Shape, other: _Shape) -> float:
    if one.position is not None and other.position is not None:
        return 1.0 if great_circle_m(one.position, other.position) <= NEAR_M else 0.0
    if one.venue_words and other.venue_words:
        return _shared(one.venue_words, other.venue_words)
    return 0.8


def _same_time(one: _Shape, other: _Shape) -> float:
    """The overlap of the meetings; a day without an hour meets the same day with one, a little less surely."""
    if (exact := _shared(one.times, other.times)) > 0:
        return exact
    days = [frozenset(when.partition(" ")[0] for when in shape.times) for shape in (one, other)]
    hours_differ = all(" " in when for shape in (one, other) for when in shape.times)
    return 0.0 if hours_differ else 0.8 * _shared(days[0], days[1])
