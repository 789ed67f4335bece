"""The draw: a declared rule, the entries and a seed give one result, the same on every machine.

Owns: tickets, the order of turns, who gets which Run, and the waiting order. Whole numbers and SHA-256 only, no
floating point: nothing depends on a platform. Refuses nothing; what is fed in was checked by `city.ballot_records` or
`city.services.balloting`. Pure: no database, no clock, no chance but the seed. In words: docs/ballots.md; without this
code: docs/check_draw.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

EVERYONE = ""
TICKETS_BY_WINS = (60, 30, 20, 15, 12, 10)
"""Tickets by places won lately: 60 / (1 + wins), whole for up to 5; whoever won more keeps as many as for 5."""


@dataclass(frozen=True)
class DrawRule:
    """What is declared before anybody enters.

    `turns` repeats as long as there are entries. Each turn names priority classes in order: it goes to the first of
    them in which somebody still waits for a turn, else to everyone. `((),)` has no priorities, `(("a", "b"),)` takes
    all of class a before all of class b, `(("a",), (), ())` keeps every third turn for class a.
    """

    turns: tuple[tuple[str, ...], ...] = ((),)
    most_runs: int = 1
    """How many Runs one entry may get; second places only after everybody had a turn."""
    tickets: tuple[int, ...] = TICKETS_BY_WINS
    """Tickets of an entry by the number of places its person won lately; the last stands for more."""

    def tickets_for(self, wins: int) -> int:
        return self.tickets[min(wins, len(self.tickets) - 1)]

    def classes(self) -> frozenset[str]:
        return frozenset(name for turn in self.turns for name in turn)


@dataclass(frozen=True)
class RunInDraw:
    """A Run as the draw sees it; `meetings` are (start, end) in UTC as sortable text."""

    id: int
    offering_id: int
    seats: int
    meetings: tuple[tuple[str, str], ...] = ()

    def clashes_with(self, other: RunInDraw) -> bool:
        """True when nobody could use both: a meeting overlaps, or both are editions of one offering."""
        return self.offering_id == other.offering_id or any(
            starts < other_ends and other_starts < ends
            for starts, ends in self.meetings
            for other_starts, other_ends in other.meetings
        )


@dataclass(frozen=True)
class EntryInDraw:
    """An entry as the draw sees it: a name that says nothing, Runs (most wanted first), people, tickets, classes."""

    pseudonym: str
    wishes: tuple[int, ...]
    party: int = 1
    tickets: int = 1
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What came of one entry: the Runs it got, and how many seats each of its wishes had left when its turn came."""

    pseudonym: str
    got: tuple[int, ...]
    left: tuple[int, ...]


@dataclass(frozen=True)
class Drawn:
    """The result: all entries in the order of their turns, and for each Run who waits, in the same order."""

    turns: tuple[Turn, ...]
    waiting: Mapping[int, tuple[str, ...]]


def seed_of(entries_sha256: str, *, secret: str, public_value: str) -> str:
    """Return the seed, 64 hexadecimal digits: SHA-256 of the three parts, each on a line of its own."""
    return hashlib.sha256(f"{secret}\n{public_value}\n{entries_sha256}".encode()).hexdigest()


def commitment_to(secret: str) -> str:
    """Return what is published of a secret before it may be known."""
    return hashlib.sha256(secret.encode()).hexdigest()


def lot(seed: str, queue: str, entry: EntryInDraw) -> str:
    """Return the lowest of the entry's ticket numbers in a queue: ticket n is SHA-256 of "seed:queue:pseudonym:n".

    The lowest of all tickets is equally likely to be any of them, so an entry with twice the tickets comes before
    another twice as often (Efraimidis and Spirakis 2006, with whole weights). Each queue has lots of its own: with one
    lot for all, those of a class who were not called in its turns would be the ones with bad lots, and would lose in
    everybody's turns what their class was given (docs/decisions/0009).
    """
    name = f"{seed}:{queue}:{entry.pseudonym}:"
    return min(hashlib.sha256(f"{name}{n}".encode()).hexdigest() for n in range(1, entry.tickets + 1))


def in_order(rule: DrawRule, entries: Iterable[EntryInDraw], seed: str) -> list[EntryInDraw]:
    """Return the entries in the order of their turns; in whatever order they are given, it is the same."""
    everyone = list(entries)
    queues = {name: _queue(seed, name, [each for each in everyone if name in each.classes]) for name in rule.classes()}
    queues[EVERYONE] = _queue(seed, EVERYONE, everyone)
    order: list[EntryInDraw] = []
    served: set[str] = set()
    for nth in range(len(everyone)):
        for name in (*rule.turns[nth % len(rule.turns)], EVERYONE):
            queue = queues[name]
            while queue and queue[-1].pseudonym in served:
                queue.pop()
            if queue:
                break
        order.append(queue.pop())
        served.add(order[-1].pseudonym)
    return order


def _queue(seed: str, name: str, entries: Iterable[EntryInDraw]) -> list[EntryInDraw]:
    """Return the entries by their lots, the first to be called last."""
    return sorted(entries, key=lambda entry: (lot(seed, name, entry), entry.pseudonym), reverse=True)


def draw(rule: DrawRule, runs: Sequence[RunInDraw], entries: Iterable[EntryInDraw], seed: str) -> Drawn:
    """Return who gets which Run and who waits.

    Each entry takes, at its turn, the best of its wishes that has seats for its whole party and clashes with nothing
    it got. Then everybody has another turn in the same order, until `rule.most_runs` rounds are over.
    """
    order = in_order(rule, entries, seed)
    free = {run.id: run.seats for run in runs}
    clashing = _clashing(runs)
    got: dict[str, list[int]] = {entry.pseudonym: [] for entry in order}
    left: dict[str, tuple[int, ...]] = {}
    for _ in range(rule.most_runs):
        for entry in order:
            left.setdefault(entry.pseudonym, tuple(free[run_id] for run_id in entry.wishes))
            mine = got[entry.pseudonym]
            run_id = next(
                (each for each in entry.wishes if free[each] >= entry.party and _fits(each, mine, clashing)), None
            )
            if run_id is not None:
                mine.append(run_id)
                free[run_id] -= entry.party
    waiting: dict[int, list[str]] = {run.id: [] for run in runs}
    for entry in order:
        for run_id in waits_for(rule, entry, got[entry.pseudonym], clashing):
            waiting[run_id].append(entry.pseudonym)
    turns = (Turn(each.pseudonym, tuple(got[each.pseudonym]), left[each.pseudonym]) for each in order)
    return Drawn(tuple(turns), {run_id: tuple(names) for run_id, names in waiting.items()})


def waits_for(
    rule: DrawRule, entry: EntryInDraw, got: Sequence[int], clashing: Mapping[int, frozenset[int]]
) -> list[int]:
    """Return the wishes an entry waits for: those it did not get and could use, while it has a place to get."""
    if len(got) >= rule.most_runs:
        return []
    return [run_id for run_id in entry.wishes if _fits(run_id, got, clashing)]


def _fits(run_id: int, got: Sequence[int], clashing: Mapping[int, frozenset[int]]) -> bool:
    return not any(each in clashing[run_id] for each in got)


def _clashing(runs: Sequence[RunInDraw]) -> dict[int, frozenset[int]]:
    """Return for each Run those that cannot go with it, itself among them."""
    return {run.id: frozenset(other.id for other in runs if run.clashes_with(other)) for run in runs}
