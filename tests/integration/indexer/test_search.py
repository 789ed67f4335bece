"""The search port on the embedded engine: what helps when nothing was found, and an answer whatever is broken."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from city.errors import DatabaseUnavailable, SearchUnavailable
from city.model import Venue
from city.ports import FreeHours, Position, SearchPage, SearchRequest, Sort
from city.store.database import Database
from fixtures.factories import a_topic, a_venue, an_area, an_offering, an_operator, in_days
from indexer.breaker import FAILURES, PAUSE
from indexer.engines.protocol import EngineAnswer, EngineHit
from indexer.engines.tantivy import TantivyEngine
from indexer.search import IndexSearch
from indexer.upkeep import IndexUpkeep
from tests.integration.indexer.conftest import Catalogue, HandClock


@pytest.fixture
def city(sqlite_database: Database) -> Catalogue:
    """Two districts, three topics, nine offerings."""
    catalogue = Catalogue(sqlite_database)
    with sqlite_database.writing() as work:
        yundu = an_area("yundu", "云渡", level="city")
        hubin = an_area("hubin", "湖滨区", parent=yundu, level="district")
        liupu = an_area("liupu", "柳浦街道", parent=hubin)
        qingwan = an_area("qingwan", "青湾区", parent=yundu, level="district")
        for area in (yundu, hubin, liupu, qingwan):
            work.areas.add(area)
        work.topics.add(a_topic("arts", "艺术", None))
        work.topics.add(a_topic("calligraphy", {"zh-Hans": "书法", "en": "Calligraphy"}, "arts"))
        work.topics.add(a_topic("painting", {"zh-Hans": "国画", "en": "Painting"}, "arts"))
        operator = an_operator("hubin-library")
        library, hall = a_venue("湖滨图书馆", liupu), a_venue("青湾会堂", qingwan, latitude=30.9, longitude=121.4)

        def lay(title: object, topic: str, venue: Venue, **values: object) -> None:
            laid = an_offering(title, topics=[topic], venue=venue, operator=operator, **values)  # type: ignore[arg-type]
            work.published_first(laid, catalogue.clock.now())

        lay({"zh-Hans": "夜里写字：书法入门", "en": "Evening calligraphy"}, "calligraphy", library)
        lay({"zh-Hans": "书法提高班", "en": "Calligraphy, second step"}, "calligraphy", library, free=False)
        lay({"zh-Hans": "亲子书法", "en": "Calligraphy for families"}, "calligraphy", hall, kind="event")
        for number in range(4):
            lay({"zh-Hans": f"国画第{number}讲", "en": f"Painting {number}"}, "painting", hall, kind="event")
        lay("Walk along the lake", "painting", library, kind="route")
        lay("Past painting", "painting", library, days=[in_days(-9)])
        work.commit()
    return catalogue


@dataclass
class Faulty:
    """An engine with a switch: `fault` is raised instead of asking, and every asking is counted."""

    engine: TantivyEngine
    fault: BaseException | None = None
    asked: int = 0
    answer: EngineAnswer | None = None
    name: str = field(default="faulty")

    def search(self, query):  # type: ignore[no-untyped-def]
        self.asked += 1
        if self.fault:
            raise self.fault
        return self.answer or self.engine.search(query)

    def suggest(self, query):  # type: ignore[no-untyped-def]
        self.asked += 1
        if self.fault:
            raise self.fault
        return self.engine.suggest(query)


@pytest.fixture
def engine(tmp_path: Path, city: Catalogue) -> TantivyEngine:
    return TantivyEngine(tmp_path / "index", city.clock)


@pytest.fixture
def upkeep(city: Catalogue, engine: TantivyEngine) -> IndexUpkeep:
    kept = IndexUpkeep(city.database, engine, clock=city.clock, system_clock=city.clock)
    kept.start()
    return kept


@pytest.fixture
def faulty(engine: TantivyEngine, upkeep: IndexUpkeep) -> Faulty:
    return Faulty(engine)


@pytest.fixture
def real_time() -> HandClock:
    return HandClock()


@pytest.fixture
def search(city: Catalogue, faulty: Faulty, real_time: HandClock) -> IndexSearch:
    return IndexSearch(faulty, city.database, clock=city.clock, system_clock=real_time)  # type: ignore[arg-type]


def titles(city: Catalogue, page: SearchPage) -> list[str]:
    with city.database.reading() as work:
        texts = work.offerings.texts([hit.offering_id for hit in page.hits])
    return [texts[hit.offering_id].title.best("en")[0] for hit in page.hits]


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_is_answered_with_counts_and_marks(city: Catalogue, search: IndexSearch) -> None:
    page = search.search(SearchRequest(text="書法"))
    assert (page.total, page.degraded, page.spelling) == (3, False, "")
    assert page.facets["kind"] == {"course": 2, "event": 1}
    assert page.facets["district"] == {"hubin": 2, "qingwan": 1}
    marked = {hit.offering_id: hit.highlights for hit in page.hits}
    with city.database.reading() as work:
        texts = work.offerings.texts(list(marked))
    for offering_id, marks in marked.items():
        title = texts[offering_id].title["zh-Hans"]
        assert [title[start:end] for start, end in marks["title.zh-Hans"]] == ["书法"]


def test_a_page_beyond_the_last_is_empty_and_still_knows_the_total(search: IndexSearch) -> None:
    page = search.search(SearchRequest(text="书法", page=40))
    assert (page.hits, page.total, page.relaxations) == ((), 3, ())
    assert search.search(SearchRequest(page=10**9)).total == 8
    assert search.search(SearchRequest(page=-3)).hits == search.search(SearchRequest()).hits


def test_a_score_that_is_no_number_reaches_no_page(search: IndexSearch, faulty: Faulty) -> None:
    faulty.answer = EngineAnswer((EngineHit(1, math.nan), EngineHit(2, math.inf)), 2)
    assert [hit.score for hit in search.search(SearchRequest()).hits] == [0.0, 0.0]


def test_the_search_follows_a_rebuild_and_an_edit_without_being_opened_again(
    city: Catalogue, search: IndexSearch, upkeep: IndexUpkeep
) -> None:
    before = search.search(SearchRequest()).total
    upkeep.rebuild()
    city.add("Ink by candlelight")
    upkeep.sync()
    assert search.search(SearchRequest()).total == before + 1
    assert search.search(SearchRequest(text="candlelight")).total == 1


def test_a_new_topic_with_its_synonyms_is_understood_half_a_minute_later(
    city: Catalogue, search: IndexSearch, upkeep: IndexUpkeep, real_time: HandClock
) -> None:
    assert search.search(SearchRequest(text="shadowplay")).total == 0
    with city.database.writing() as work:
        work.topics.add(a_topic("puppetry", {"en": "Puppetry"}, "arts", synonyms={"en": ["shadowplay"]}))
        work.commit()
    city.add("An evening of leather figures", topics=["puppetry"])
    upkeep.sync()
    real_time.pass_by(seconds=31)
    assert search.search(SearchRequest(text="shadowplay")).total == 1


# ── an empty answer ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_answer_names_each_filter_whose_removal_helps_with_its_true_count(search: IndexSearch) -> None:
    request = SearchRequest(text="书法", kinds=frozenset({"event"}), areas=frozenset({"hubin"}), only_free=True)
    page = search.search(request)
    told = {(drop.field, drop.value): drop.count for drop in page.relaxations}
    assert page.total == 0
    assert told == {("areas", "hubin"): 1, ("kinds", "event"): 1}
    without_kind = SearchRequest(text="书法", areas=frozenset({"hubin"}), only_free=True)
    assert search.search(without_kind).total == told[("kinds", "event")]


def test_the_filter_that_helps_most_comes_first_and_the_words_last(search: IndexSearch) -> None:
    page = search.search(SearchRequest(text="书法", kinds=frozenset({"route"}), languages=frozenset({"zh-Hans"})))
    assert [(drop.field, drop.count) for drop in page.relaxations] == [("kinds", 3), ("text", 1)]


@pytest.mark.parametrize(
    ("typed", "meant"), [("calligrafy", "calligraphy"), ("舒法", "书法"), ("calligraphy", ""), ("shufa", "")]
)
def test_another_spelling_is_shown_and_never_applied_silently(search: IndexSearch, typed: str, meant: str) -> None:
    assert search.search(SearchRequest(text=typed)).spelling == meant


def test_a_misspelt_word_under_filters_that_empty_the_answer_is_still_recognised(search: IndexSearch) -> None:
    page = search.search(SearchRequest(text="calligrafy", kinds=frozenset({"event"}), only_free=True, only_open=True))
    assert page.spelling == "calligraphy"


def test_a_spelling_that_would_find_nothing_is_not_shown(search: IndexSearch) -> None:
    page = search.search(SearchRequest(text="calligrafy", kinds=frozenset({"route"})))
    assert (page.total, page.spelling) == (0, "")


def test_topics_near_an_empty_answer_are_those_of_the_words_and_those_beside_the_ones_asked_for(
    search: IndexSearch,
) -> None:
    by_words = search.search(SearchRequest(text="书法", kinds=frozenset({"route"})))
    assert by_words.near_topics[0] == "calligraphy"
    beside = search.search(SearchRequest(topics=frozenset({"calligraphy"}), kinds=frozenset({"route"})))
    assert "painting" in beside.near_topics
    assert "calligraphy" not in beside.near_topics


def test_when_the_engine_falls_silent_while_help_is_looked_for_the_answer_stands(
    search: IndexSearch, faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.helping.proposal", lambda *_: _fall_silent(faulty))
    page = search.search(SearchRequest(text="书法", kinds=frozenset({"route"})))
    assert (page.total, page.degraded) == (0, False)


def _fall_silent(faulty: Faulty) -> str:
    faulty.fault = SearchUnavailable("silent")
    return "anything"


def test_help_stops_when_its_time_is_used_up(
    search: IndexSearch, faulty: Faulty, real_time: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = faulty.engine.search

    def slow(query):  # type: ignore[no-untyped-def]
        real_time.pass_by(seconds=0.2)
        return answer(query)

    monkeypatch.setattr(faulty.engine, "search", slow)
    names = frozenset({"a", "b"})
    request = SearchRequest(kinds=names, topics=names, audiences=names, languages=names, access=names, attendance=names)
    assert search.search(request).relaxations == ()
    assert faulty.asked < 8


# ── an engine that is dead or odd ─────────────────────────────────────────────────────────────────────────────────────


def test_while_the_engine_is_dead_every_question_is_answered_reduced_and_afterwards_in_full(
    search: IndexSearch, faulty: Faulty, real_time: HandClock
) -> None:
    faulty.fault = SearchUnavailable("The engine does not answer.")
    pages = [search.search(SearchRequest(text="书法", kinds=frozenset({"event"}))) for _ in range(50)]
    assert all(page.degraded and page.total == 5 and len(page.hits) == 5 for page in pages)
    assert faulty.asked == FAILURES
    assert search.is_degraded
    faulty.fault = None
    real_time.instant += PAUSE
    page = search.search(SearchRequest(text="书法"))
    assert (page.degraded, page.total, search.is_degraded) == (False, 3, False)


def test_a_question_the_engine_stumbles_over_is_answered_reduced_and_spoils_no_other(
    search: IndexSearch, faulty: Faulty
) -> None:
    faulty.fault = ZeroDivisionError("odd")
    assert all(search.search(SearchRequest(text="odd")).degraded for _ in range(FAILURES + 1))
    assert search.suggest("shu", language="zh") == []
    faulty.fault = None
    assert not search.search(SearchRequest(text="书法")).degraded


def test_the_reduced_answer_looks_at_kind_place_topic_and_date(
    city: Catalogue, search: IndexSearch, faulty: Faulty
) -> None:
    faulty.fault = SearchUnavailable("dead")
    hubin = search.search(SearchRequest(areas=frozenset({"hubin"}), kinds=frozenset({"course"})))
    assert sorted(titles(city, hubin)) == ["Calligraphy, second step", "Evening calligraphy"]
    assert hubin.facets == {"kind": {"course": 2, "route": 1}}
    assert search.search(SearchRequest(topics=frozenset({"arts"}))).total == 8
    today = city.clock.today()
    soon = SearchRequest(from_on=today, to_on=today + timedelta(days=2), kinds=frozenset({"course", "event"}))
    assert search.search(soon).total == 0
    assert search.search(SearchRequest(kinds=frozenset({"event"}), per_page=3, page=2)).hits != ()
    assert len(search.search(SearchRequest(sort=Sort.NEWEST)).hits) == 8


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(kinds=frozenset({"opera\x00"})),
        SearchRequest(areas=frozenset({"\ud800"})),
        SearchRequest(topics=frozenset({"no-such-topic\x00"})),
    ],
)
def test_a_filter_that_names_only_what_does_not_exist_finds_nothing_in_either_answer(
    search: IndexSearch, faulty: Faulty, request_: SearchRequest
) -> None:
    full = search.search(request_)
    faulty.fault = SearchUnavailable("dead")
    reduced = search.search(request_)
    assert (full.total, full.degraded) == (0, False)
    assert (reduced.total, reduced.hits, reduced.degraded) == (0, (), True)


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(text="书" * 10_000),
        SearchRequest(text="a\x00\ud800b" * 50),
        SearchRequest(text='"+-(){}[]^~*?:\\/ AND OR NOT'),
        SearchRequest(page=10**12, per_page=10**9),
        SearchRequest(per_page=-5),
        SearchRequest(from_on=date.min, to_on=date.max),
        SearchRequest(near=Position(90.0, 180.0), within_minutes=10**6, sort=Sort.NEAREST),
        SearchRequest(near=Position(math.nan, 0.0), within_minutes=15),
        SearchRequest(max_price_minor=-(2**70), venues=frozenset({2**80}), operators=frozenset({-1})),
        SearchRequest(free_hours=(FreeHours(9, time(23), time(1)),)),
    ],
    ids=range(10),
)
def test_no_question_however_odd_raises_towards_a_page(
    search: IndexSearch, faulty: Faulty, request_: SearchRequest
) -> None:
    assert isinstance(search.search(request_), SearchPage)
    faulty.fault = SearchUnavailable("dead")
    assert search.search(request_).degraded


def test_with_the_database_silent_too_the_page_is_empty_and_says_so(
    search: IndexSearch, faulty: Faulty, city: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_self: Database) -> None:
        raise DatabaseUnavailable("The database does not answer.")

    monkeypatch.setattr(Database, "reading", silent)
    page = search.search(SearchRequest(text="书法"))
    assert (page.total, page.degraded) == (3, False)
    faulty.fault = SearchUnavailable("dead")
    assert search.search(SearchRequest(text="书法")) == SearchPage(degraded=True)
    assert search.suggest("书法", language="zh") == ()


# ── while typing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["书法", "shuf", "shf", "calli"])
def test_two_letters_or_pinyin_complete_to_topics_and_titles(search: IndexSearch, typed: str) -> None:
    found = search.suggest(typed, language="zh")
    assert ("topic", "calligraphy") in {(each.type, each.key) for each in found}
    assert any(each.type == "offering" for each in found)
    assert search.suggest(typed[:1], language="zh") == []


def test_while_the_engine_is_dead_topics_and_venues_still_complete(search: IndexSearch, faulty: Faulty) -> None:
    faulty.fault = SearchUnavailable("dead")
    found = search.suggest("湖滨", language="zh")
    assert [(each.type, each.text, each.language) for each in found] == [("venue", "湖滨图书馆", "zh-Hans")]
    assert search.suggest("  ", language="zh") == ()


def test_open_now_keeps_places_that_are_open_also_in_the_reduced_answer(
    city: Catalogue, search: IndexSearch, faulty: Faulty
) -> None:
    """The hall is closed on this holiday; the library is open until nine."""
    with city.database.writing() as work:
        hall = next(venue for venue in work.venues.all() if venue.name.best("zh")[0] == "青湾会堂")
        hall.special_hours = {city.clock.today().isoformat(): []}
        work.commit()
    asked = SearchRequest(open_now=True, per_page=100)
    page = search.search(asked)
    assert page.total == 3 and not page.degraded
    faulty.fault = SearchUnavailable("silent")
    reduced = search.search(asked)
    assert reduced.degraded and {hit.offering_id for hit in reduced.hits} == {hit.offering_id for hit in page.hits}
