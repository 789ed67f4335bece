"""Saved searches met by what is new: one pass of a batch of offerings over all of them.

Owns: `CompiledSearches` (all saved questions as one graph) and `Alerts`, the consumer of the outbox rows for alerts. A
saved search is met exactly when the strict question of the search page would find the offering; guesses (a wrong
letter, a sound) never alert. Claims, matches, keeps the hits, and only then marks the claimed rows done: a kill
repeats work, and a hit is kept once. Called by the worker's job. Mails are `city.services.mailing`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice

from city.asking import HOME, KeptAddress, SearchForm
from city.clock import Clock
from city.errors import InvalidInput, LearncityError
from city.model import Consumer, OutboxMessage, Topic
from city.ports import Position, SearchRequest
from city.store.database import Database
from city.store.searching_repositories import SavedQuestion
from city.store.unit_of_work import UnitOfWork
from indexer.changes import BATCH, current, surroundings_of
from indexer.clauses import all_of, bare
from indexer.document import Document
from indexer.matching import read_question, strict
from indexer.query import build_filters
from indexer.question_graph import Batch, QuestionGraph, bits
from indexer.synonyms import Synonyms

MOST_IN_A_BATCH = BATCH
PAIRS = 20_000
SLICE = 5_000
"""Saved searches read and compiled at once."""


@dataclass
class CompiledSearches:
    """Saved questions as one graph; `today` is the day their relative days were read on.

    More may be added at any time. Only different questions take room: who asks the same shares a node.
    """

    today: date
    synonyms: Synonyms
    last_id: int = 0
    _graph: QuestionGraph = field(default_factory=QuestionGraph)
    _asking: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Node → ids of the searches that ask this."""
    _texts: dict[str, int] = field(default_factory=dict)
    _times: dict[tuple[object, ...], int] = field(default_factory=dict)

    def add(self, saved_search_id: int, request: SearchRequest) -> None:
        """Take in one more saved search."""
        self._asking[self._graph.all_of([self._text(request.text), *self._filters(request)])].append(saved_search_id)
        self.last_id = max(self.last_id, saved_search_id)

    def __len__(self) -> int:
        return sum(map(len, self._asking.values()))

    @property
    def node_count(self) -> int:
        return len(self._graph)

    def met_by(self, documents: Sequence[Document]) -> Iterator[tuple[int, int]]:
        """Yield (saved search, offering) for every document that a saved search finds."""
        masks = self._graph.answer(Batch(documents))
        for node, searches in self._asking.items():
            if mask := masks[node]:
                for at in bits(mask):
                    for search in searches:
                        yield search, documents[at].offering_id

    def _text(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = self._graph.add(bare(strict(read_question(text, self.synonyms))))
        return self._texts[text]

    def _filters(self, request: SearchRequest) -> list[int]:
        """Each filter as a node; free hours interval by interval, for intervals are shared and weeks are not."""
        timeless = replace(request, weekdays=frozenset(), dayparts=frozenset(), free_hours=(), from_on=None, to_on=None)
        found = [self._graph.add(bare(clause)) for clause in build_filters(timeless, self.today).values()]
        weeks = [replace(request, free_hours=(one,)) for one in request.free_hours] or [request]
        return [*found, self._graph.one_of([self._time(week) for week in weeks])]

    def _time(self, request: SearchRequest) -> int:
        key = (request.weekdays, request.dayparts, request.free_hours, request.from_on, request.to_on)
        if key not in self._times:
            asked = SearchRequest(
                weekdays=request.weekdays,
                dayparts=request.dayparts,
                free_hours=request.free_hours,
                from_on=request.from_on,
                to_on=request.to_on,
            )
            self._times[key] = self._graph.add(bare(all_of(build_filters(asked, self.today).values())))
        return self._times[key]


@dataclass(frozen=True)
class Alerted:
    """What a round did: messages settled and hits found (those met before among them)."""

    messages: int = 0
    hits: int = 0

    def sentence(self) -> str:
        """Say it, "" when nothing was met."""
        return f"{self.hits} hits of saved searches in {self.messages} changes" if self.hits else ""


class Alerts:
    """The consumer of the outbox rows for alerts; one process has one.

    `clock` is the catalogue's (what is listed, what day it is), `system_clock` real time (claims).
    """

    def __init__(self, database: Database, *, clock: Clock, system_clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._system_clock = system_clock
        self._compiled: CompiledSearches | None = None
        self._topics: object = None

    def release_claims(self) -> None:
        """Take back what a process that died had claimed; called once at the start."""
        with self._database.writing() as work:
            work.outbox.release_claims(Consumer.ALERTS)
            work.commit()

    def once(self) -> Alerted:
        """Settle one batch of changes."""
        messages = self._claim()
        if not messages:
            return Alerted()
        try:
            hits = self._keep_hits(list(dict.fromkeys(message.offering_id for message in messages)))
        except LearncityError:
            self._give_back(messages)
            raise
        with self._database.writing() as work:
            work.outbox.done([message.id for message in messages], self._system_clock.now())
            work.commit()
        return Alerted(len(messages), hits)

    def _claim(self) -> list[OutboxMessage]:
        with self._database.reading() as work:
            if not work.outbox.waiting(Consumer.ALERTS)[0]:
                return []
        with self._database.writing() as work:
            messages = work.outbox.claim(Consumer.ALERTS, self._system_clock.now(), MOST_IN_A_BATCH)
            work.commit()
            return messages

    def _give_back(self, messages: list[OutboxMessage]) -> None:
        with self._database.writing() as work:
            work.outbox.give_back([message.id for message in messages])
            work.commit()

    def _keep_hits(self, offering_ids: list[int]) -> int:
        """Match and keep, a part at a time: what popular searches meet may be much."""
        compiled = self._up_to_date()
        if not len(compiled):
            return 0
        now, kept = self._clock.now(), 0
        changes = current(self._database, offering_ids, now, surroundings_of(self._database)).changes
        met = compiled.met_by([change.document for change in changes if change.document is not None])
        while part := list(islice(met, PAIRS)):
            kept += self._keep(part, now)
        return kept

    def _keep(self, met: list[tuple[int, int]], now: datetime) -> int:
        """Keep of the (saved search, offering) pairs what was published since the search was saved."""
        with self._database.reading() as work:
            published = work.offerings.published_at({offering for _, offering in met})
            saved = work.saved_searches.created_at({search for search, _ in met})
        news = [(search, offering) for search, offering in met if _is_news(saved.get(search), published.get(offering))]
        if news:
            with self._database.writing() as work:
                work.saved_search_hits.add_new(news, now)
                work.commit()
        return len(news)

    def _up_to_date(self) -> CompiledSearches:
        """Return all saved searches compiled; each day, and when topics changed, from the beginning."""
        with self._database.reading() as work:
            topics = work.topics.all()
            today, known = self._clock.today(), _key_of(topics)
            if self._compiled is None or (self._compiled.today, self._topics) != (today, known):
                self._compiled, self._topics = CompiledSearches(today, Synonyms.of(topics)), known
            add_saved(self._compiled, work)
            return self._compiled


def add_saved(compiled: CompiledSearches, work: UnitOfWork) -> None:
    """Take in the saved searches that are not compiled yet."""
    areas = {area.id: area.position() for area in work.areas.all()}
    while questions := work.saved_searches.questions(after=compiled.last_id, n=SLICE):
        homes = work.citizens.homes({each.citizen_id for each in questions if each.citizen_id is not None})
        for question in questions:
            request = request_of(question, compiled.today, areas, homes)
            if request is not None:
                compiled.add(question.id, request)
        compiled.last_id = questions[-1].id


def request_of(
    question: SavedQuestion,
    today: date,
    areas: Mapping[str, tuple[float, float] | None],
    homes: Mapping[int, tuple[float, float] | None],
) -> SearchRequest | None:
    """Return what a saved search asks today; None for parameters of another age that mean nothing any more."""
    try:
        form = SearchForm.read(KeptAddress(question.parameters))
    except InvalidInput:
        return None
    at = homes.get(question.citizen_id or 0) if form.near == HOME else areas.get(form.near_area)
    near = form.point or (Position(*at) if at else None)
    return replace(form.request(today=today, near=near), open_now=False)


def _is_news(saved_at: datetime | None, published_at: datetime | None) -> bool:
    return saved_at is not None and published_at is not None and published_at >= saved_at


def _key_of(topics: Iterable[Topic]) -> object:
    """What of the topics questions are read by."""
    return [(topic.id, topic.parent_id, dict(topic.name), dict(topic.synonyms)) for topic in topics]
