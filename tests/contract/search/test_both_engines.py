"""The whole sample city in both engines: the same answers to every judged question, and none where there is none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time, timedelta

import pytest

from city.clock import FixedClock
from city.ports import FreeHours, Position, SearchRequest
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, TODAY
from fixtures.judging import JudgedQuery, QueryKind, read_judgements
from indexer.alerts import CompiledSearches
from indexer.document import Surroundings, to_document
from indexer.engines.asking import ask
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.protocol import Change, EngineAnswer, SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.query import EngineQuery, build_query
from indexer.synonyms import Synonyms
from tests.services.elasticsearch import Node

pytestmark = [pytest.mark.real_elasticsearch, pytest.mark.slow]
SAME_FIRST_TEN = 0.95


@dataclass(frozen=True)
class City:
    """What the sample city puts into an index, and what questions are read against."""

    changes: list[Change]
    synonyms: Synonyms

    def question(self, judged: JudgedQuery) -> EngineQuery:
        return build_query(judged.request(TODAY), now=NOW, zone=SHANGHAI, synonyms=self.synonyms)


@pytest.fixture(scope="module")
def city(sample_database: Database) -> City:
    """The sample city as changes."""
    with sample_database.reading() as work:
        topics = work.topics.all()
        around = Surroundings.of(work.areas.all(), topics, work.venues.all())
        steps = {offering_id: row.step for offering_id, row in work.popularity.all().items()}
        changes = [
            Change(
                each.id,
                each.version,
                to_document(each, now=NOW, surroundings=around, popularity_step=steps.get(each.id, 0)),
            )
            for some in work.offerings.in_batches()
            for each in some
        ]
        return City(changes, Synonyms.of(topics))


@pytest.fixture(scope="module")
def engines(
    city: City, elasticsearch_node: Node, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SearchEngine, SearchEngine]]:
    """Both engines, each filled by a rebuild."""
    clock, alias = FixedClock(NOW, SHANGHAI), f"both{secrets.token_hex(4)}"
    both = (
        TantivyEngine(tmp_path_factory.mktemp("both"), clock),
        ElasticsearchEngine(elasticsearch_node.url, clock, alias=alias, search_seconds=20),
    )
    for engine in both:
        rebuild = engine.begin_rebuild()
        rebuild.add(city.changes)
        rebuild.commit()
    yield both
    for engine in both:
        engine.close()


def test_both_engines_find_the_same_count_the_same_and_put_the_same_first(
    city: City, engines: tuple[SearchEngine, SearchEngine]
) -> None:
    questions = [city.question(judged) for judged in read_judgements()]
    pairs = [[ask(engine, question)[0] for engine in engines] for question in questions]
    for question, (embedded, elastic) in zip(questions, pairs, strict=True):
        assert embedded.total == elastic.total, question.words
        assert embedded.facets == elastic.facets, question.words
    alike = sum(first_ids(embedded) == first_ids(elastic) for embedded, elastic in pairs)
    assert alike >= SAME_FIRST_TEN * len(pairs)


def test_nothing_is_found_where_a_person_found_nothing(city: City, engines: tuple[SearchEngine, SearchEngine]) -> None:
    unanswerable = [judged for judged in read_judgements() if judged.kind == QueryKind.NO_ANSWER]
    assert unanswerable
    for judged in unanswerable:
        assert [ask(engine, city.question(judged))[0].total for engine in engines] == [0, 0], judged.text


FURTHER_QUESTIONS = [
    SearchRequest(kinds=frozenset({"course", "night_school"}), only_free=True, dayparts=frozenset({"evening"})),
    SearchRequest(areas=frozenset({"hubin"}), weekdays=frozenset({5, 6}), from_on=TODAY, to_on=TODAY + timedelta(9)),
    SearchRequest(text="书法", near=Position(30.511, 120.871), within_minutes=30, access=frozenset({"lift"})),
    SearchRequest(free_hours=(FreeHours(1, time(18), time(21)), FreeHours(5, time(9), time(12)))),
    SearchRequest(text="夜校 瑜伽 周二", max_price_minor=50_000, audiences=frozenset({"everyone"})),
    SearchRequest(topics=frozenset({"arts"}), attendance=frozenset({"online"}), languages=frozenset({"en"})),
    SearchRequest(text="free walk near the lake on Saturday", only_open=True),
    SearchRequest(from_on=TODAY + timedelta(3), to_on=TODAY + timedelta(3)),
    SearchRequest(kinds=frozenset({"no such kind"})),
    SearchRequest(),
]


def test_a_saved_search_is_met_by_exactly_what_either_engine_finds_without_guessing(
    city: City, engines: tuple[SearchEngine, SearchEngine]
) -> None:
    requests = [judged.request(TODAY) for judged in read_judgements()] + FURTHER_QUESTIONS
    compiled, met = CompiledSearches(TODAY, city.synonyms), dict[int, set[int]]()
    for number, request in enumerate(requests):
        compiled.add(number, request)
    for search, offering in compiled.met_by([each.document for each in city.changes if each.document]):
        met.setdefault(search, set()).add(offering)
    for number, request in enumerate(requests):
        asked = build_query(request, now=NOW, zone=SHANGHAI, synonyms=city.synonyms, facets=())
        embedded, elastic = engines
        assert everything(embedded, asked) == met.get(number, set()), request
        assert elastic.search(replace(asked, weaker=None, size=0)).total == len(met.get(number, set())), request
    assert sum(map(len, met.values())) > len(requests)


def everything(engine: SearchEngine, asked: EngineQuery) -> set[int]:
    """All that the question as it stands finds, page by page."""
    found, offset = set[int](), 0
    while page := engine.search(replace(asked, weaker=None, offset=offset, size=100)).hits:
        found |= {hit.offering_id for hit in page}
        offset += 100
    return found


def first_ids(answer: EngineAnswer) -> list[int]:
    return [hit.offering_id for hit in answer.hits]
