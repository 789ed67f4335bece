"""The contract every search engine keeps, inherited by one class per engine: the same answers as the slow reference.

A module that inherits it gives the fixture `open_engine`; `town_engine` and `engine` are in conftest.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.analysis import ANALYSIS_VERSION
from city.clock import FixedClock
from city.ports import FreeHours, Position, SearchRequest, Sort
from fixtures.factories import NOW, SHANGHAI, TODAY
from indexer.engines.asking import ask
from indexer.engines.protocol import Change, EngineAnswer, SearchEngine
from indexer.query import EngineQuery, build_query, build_suggest_query
from tests.contract.search import town
from tests.contract.search.reference import Reference

ATTEMPTS = 40
OPEN_VENUES = frozenset({1, 2})
NEAR_LIBRARY = Position(30.5110, 120.8712)
ALMOST = 1e-4
"""Share by which a score may differ: engines reckon in 32 bits."""
Open = Callable[[str, FixedClock], SearchEngine]


def asked(request: SearchRequest, **more: Any) -> EngineQuery:
    return build_query(request, now=NOW, zone=SHANGHAI, synonyms=town.synonyms(), open_venues=OPEN_VENUES, **more)


def ids(answer: EngineAnswer) -> list[int]:
    return [hit.offering_id for hit in answer.hits]


def words() -> st.SearchStrategy[str]:
    spoken = ["書法", "毛笔字", "shufa", "calligrafy", "周二", "晚上", "free", "Hubin", "湖滨", "法", "the", "滑翔伞"]
    return st.lists(st.sampled_from([*town.ZH, *town.EN, *spoken]), max_size=3).map(" ".join)


def some(*values: Any) -> st.SearchStrategy[frozenset[Any]]:
    return st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(values), max_size=2))


def days() -> st.SearchStrategy[date | None]:
    return st.one_of(st.none(), st.integers(-2, 45).map(lambda ahead: TODAY + timedelta(days=ahead)))


def free_hours() -> st.SearchStrategy[tuple[FreeHours, ...]]:
    hours = st.sampled_from(
        [(time(9), time(12)), (time(18), time(21)), (time(14, 10), time(15, 40)), (time(21), time(0))]
    )
    one = st.builds(lambda day, pair: FreeHours(day, *pair), st.integers(0, 6), hours)
    return st.one_of(st.just(()), st.lists(one, max_size=3).map(tuple))


def requests() -> st.SearchStrategy[SearchRequest]:
    return st.builds(
        SearchRequest,
        text=words(),
        kinds=some("course", "event", "route", "night_school", "nonsense"),
        topics=some("arts", "calligraphy", "tea"),
        audiences=some("everyone", "children"),
        areas=some("yundu", "hubin", "dongmen"),
        venues=some(1, 3, 99),
        operators=some(1),
        weekdays=some(0, 1, 4, 6),
        dayparts=some("morning", "evening", "not_stated"),
        free_hours=free_hours(),
        from_on=days(),
        to_on=days(),
        only_free=st.booleans(),
        max_price_minor=st.sampled_from([None, None, 0, 5000]),
        attendance=some("online", "in_person"),
        languages=some("en"),
        access=some("lift", "parking"),
        only_open=st.booleans(),
        open_now=st.sampled_from([False, False, True]),
        near=st.sampled_from([None, NEAR_LIBRARY, Position(30.54, 120.92)]),
        within_minutes=st.sampled_from([None, None, 15, 30, 45]),
        sort=st.sampled_from(list(Sort)),
        page=st.integers(1, 4),
        per_page=st.sampled_from([0, 3, 10]),
    )


class SearchEngineContract:
    """What holds for every engine."""

    # ── questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @settings(max_examples=ATTEMPTS, suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors])
    @given(request=requests())
    def test_every_question_gets_the_page_total_and_counts_of_the_reference(
        self, town_engine: SearchEngine, reference: Reference, request: SearchRequest
    ) -> None:
        self.compare(town_engine, reference, asked(request))

    @settings(max_examples=ATTEMPTS, suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors])
    @given(text=words().filter(bool))
    def test_the_weaker_question_gets_the_answer_of_the_reference(
        self, town_engine: SearchEngine, reference: Reference, text: str
    ) -> None:
        self.compare(town_engine, reference, asked(SearchRequest(text=text, near=NEAR_LIBRARY)).weakened())

    def compare(self, engine: SearchEngine, reference: Reference, query: EngineQuery) -> None:
        answer = engine.search(query)
        expected = reference.ordered(query)
        assert answer.total == len(expected)
        assert {name: dict(counts) for name, counts in answer.facets.items()} == reference.facets(query)
        page = expected[query.offset : query.offset + query.size]
        if query.sort is Sort.RELEVANCE and query.is_scored:
            self.compare_scores(answer, reference, query, page)
        else:
            assert ids(answer) == page

    def compare_scores(
        self, answer: EngineAnswer, reference: Reference, query: EngineQuery, page: Sequence[int]
    ) -> None:
        """The scores are those of the reference; offerings change places only where their scores are alike."""
        assert len(answer.hits) == len(page)
        for hit, expected in zip(answer.hits, page, strict=True):
            score = reference.score(expected, query)
            assert hit.score == pytest.approx(reference.score(hit.offering_id, query), rel=ALMOST)
            assert hit.score == pytest.approx(score, rel=ALMOST)

    def test_all_pages_together_hold_every_offering_once_and_the_full_ones_last(
        self, town_engine: SearchEngine, reference: Reference
    ) -> None:
        for sort in Sort:
            request = SearchRequest(text="书法", sort=sort, near=NEAR_LIBRARY, per_page=7)
            pages = [town_engine.search(asked(replace(request, page=page))) for page in range(1, 22)]
            found = [id_ for page in pages for id_ in ids(page)]
            assert sorted(found) == sorted(reference.ordered(asked(request)))
            seats = [town.document_of(id_).keywords["has_seats"] for id_ in found]
            assert seats == sorted(seats, reverse=True)

    def test_offerings_of_one_score_stand_in_the_order_of_their_ids(self, engine: SearchEngine) -> None:
        like = next(
            change
            for change in town.changes()
            if change.document and change.document.keywords["has_seats"] == ("true",)
        )
        same = [replace(like.document, offering_id=id_) for id_ in range(60, 0, -1)]
        for half in (same[::2], same[1::2]):
            engine.apply([Change(each.offering_id, 1, each) for each in half])
        title = like.document.titles["zh-Hans"]
        pages = [engine.search(asked(SearchRequest(text=title, page=page))) for page in (1, 2, 3)]
        assert [id_ for page in pages for id_ in ids(page)] == list(range(1, 31))

    def test_what_is_over_is_not_found_even_before_the_index_is_brought_up_to_date(
        self, town_engine: SearchEngine, reference: Reference
    ) -> None:
        later = NOW + timedelta(days=20)
        query = build_query(SearchRequest(per_page=100), now=later, zone=SHANGHAI)
        answer = town_engine.search(query)
        assert 0 < answer.total < town_engine.health().documents
        assert ids(answer) == reference.ordered(query)[:100]

    def test_nothing_is_found_by_words_nobody_wrote(self, town_engine: SearchEngine) -> None:
        for text in ("滑翔伞", "submarine", "xqzv", "水下焊接机器人"):
            assert ask(town_engine, asked(SearchRequest(text=text)))[0].total == 0, text

    @pytest.mark.parametrize(
        "text", ["书法", "書法", "shufa", "shu fa", "舒法", "calligraphy", "calligrafy", "caligraphy", "毛笔字"]
    )
    def test_calligraphy_is_found_however_it_is_written(self, town_engine: SearchEngine, text: str) -> None:
        found = ids(ask(town_engine, asked(SearchRequest(text=text, per_page=5)))[0])
        assert found
        for id_ in found:
            document = town.document_of(id_)
            assert "书法" in str(document.titles) or "calligraphy" in document.keywords["topics"]

    def test_what_is_called_exactly_so_stands_first_and_with_one_letter_wrong_in_the_first_three(
        self, town_engine: SearchEngine
    ) -> None:
        documents = [change.document for change in town.changes() if change.document is not None]
        for document in [each for each in documents if each.keywords["has_seats"] == ("true",)][:20]:
            for title in document.titles.values():
                wrong = title[:-1] + ("x" if title.isascii() else "云")
                for typed, places in ((title, 1), (title.upper(), 1), (wrong, 3)):
                    first = ids(ask(town_engine, asked(SearchRequest(text=typed)))[0])[:places]
                    assert any(title in town.document_of(id_).titles.values() for id_ in first), typed

    def test_the_initials_of_a_word_are_enough(self, town_engine: SearchEngine) -> None:
        found = ids(ask(town_engine, asked(SearchRequest(text="shf", per_page=50)))[0])
        assert any("calligraphy" in town.document_of(id_).keywords["topics"] for id_ in found)

    def test_an_address_full_of_odd_values_finds_nothing_and_breaks_nothing(self, town_engine: SearchEngine) -> None:
        odd = frozenset({"\ud800", "\x00", "a" * 10_000, "", "' OR 1=1", "*:*"})
        for field in ("kinds", "topics", "areas", "audiences", "languages", "access", "attendance", "dayparts"):
            assert town_engine.search(asked(SearchRequest(**{field: odd}))).total == 0, field
        assert town_engine.search(asked(SearchRequest(weekdays=frozenset({-1, 7, 10**30})))).total == 0
        assert town_engine.search(asked(SearchRequest(venues=frozenset({10**30})))).total == 0

    @pytest.mark.parametrize(
        "text", ["书" * 10_000, "a" * 10_000, "\x00\ud800", "- + * ? ~ ( [ { \\ / :", "a " * 5_000]
    )
    def test_any_text_is_a_question(self, town_engine: SearchEngine, text: str) -> None:
        ask(town_engine, asked(SearchRequest(text=text)))
        town_engine.suggest(build_suggest_query(text, language="zh", now=NOW))

    # ── while typing ──────────────────────────────────────────────────────────────────────────────────────────────────

    @pytest.mark.parametrize("typed", ["书法", "shuf", "shf", "sf", "call", "毛笔", "brush w"])
    def test_a_topic_is_suggested_from_two_letters_or_characters_on(
        self, town_engine: SearchEngine, typed: str
    ) -> None:
        found = town_engine.suggest(build_suggest_query(typed, language="zh", now=NOW))
        assert ("topic", "calligraphy", "书法", "zh-Hans") in [(s.type, s.key, s.text, s.language) for s in found]

    def test_names_are_suggested_in_the_language_of_the_page(self, town_engine: SearchEngine) -> None:
        found = town_engine.suggest(build_suggest_query("hubin", language="en", now=NOW))
        assert ("venue", "1", "Hubin Library", "en") in [(s.type, s.key, s.text, s.language) for s in found]
        found = town_engine.suggest(build_suggest_query("tushug", language="zh", now=NOW))
        assert ("venue", "1", "湖滨图书馆", "zh-Hans") in [(s.type, s.key, s.text, s.language) for s in found]

    def test_titles_are_suggested_and_not_more_than_asked_for(self, town_engine: SearchEngine) -> None:
        found = town_engine.suggest(build_suggest_query("choi", language="en", now=NOW, n=4))
        assert 0 < len(found) <= 4
        assert all("choir" in each.text.lower() for each in found if each.type == "offering")
        assert any(each.type == "offering" for each in found)

    def test_no_name_is_suggested_whose_offerings_are_all_over(self, engine: SearchEngine) -> None:
        known = [change for change in town.changes() if change.document is not None]
        engine.apply([each for each in known if each.document.keywords["always_open"] == ("false",)])
        for typed in ("书法", "shf", "hubin"):
            assert engine.suggest(build_suggest_query(typed, language="zh", now=NOW))
            assert not engine.suggest(build_suggest_query(typed, language="zh", now=NOW + timedelta(days=60)))

    def test_no_name_is_suggested_whose_offerings_were_all_taken_out(self, engine: SearchEngine) -> None:
        known = [change for change in town.changes() if change.document is not None]
        engine.apply(known)
        assert engine.suggest(build_suggest_query("shf", language="zh", now=NOW))
        engine.apply([Change(each.offering_id, each.version + 1, None) for each in known])
        assert not engine.suggest(build_suggest_query("shf", language="zh", now=NOW))

    def test_one_letter_suggests_nothing(self, town_engine: SearchEngine) -> None:
        for typed in ("", "书", "c", " ", "\x00"):
            assert list(town_engine.suggest(build_suggest_query(typed, language="zh", now=NOW))) == []

    # ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def test_a_change_is_seen_as_soon_as_it_is_written(self, engine: SearchEngine) -> None:
        first, second = town.changes()[:2]
        assert engine.apply([first]).done == {first.offering_id}
        assert ids(engine.search(asked(SearchRequest()))) == [first.offering_id]
        engine.apply([replace(first, version=2, document=replace(second.document, offering_id=first.offering_id))])
        assert ids(engine.search(asked(SearchRequest(text=second.document.titles["en"])))) == [first.offering_id]
        assert engine.versions() == {first.offering_id: 2}

    def test_an_older_version_never_overtakes_a_newer_one(self, engine: SearchEngine) -> None:
        change = town.changes()[0]
        engine.apply([replace(change, version=5)])
        applied = engine.apply([replace(change, version=4, document=None)])
        assert applied.done == {change.offering_id} and not applied.failed
        assert engine.versions() == {change.offering_id: 5}

    def test_what_was_taken_out_does_not_come_back_by_a_late_message(self, engine: SearchEngine) -> None:
        change = town.changes()[0]
        engine.apply([replace(change, version=2)])
        engine.apply([Change(change.offering_id, 3, None)])
        engine.apply([replace(change, version=2)])
        assert engine.versions() == {} and engine.health().documents == 0
        assert engine.search(asked(SearchRequest())).total == 0
        engine.apply([replace(change, version=4)])
        assert engine.versions() == {change.offering_id: 4}

    def test_shuffled_and_doubled_messages_end_in_the_same_index(self, engine: SearchEngine) -> None:
        some_changes = town.changes()[:12]
        history = [replace(each, version=version) for each in some_changes for version in (1, 2, 3)]
        history += [Change(each.offering_id, 4, None) for each in some_changes[:4]]
        shuffled = sorted(
            [*history, *history], key=lambda each: (each.offering_id * 7919 + each.version * 104729) % 101
        )
        for at in range(0, len(shuffled), 9):
            engine.apply(shuffled[at : at + 9])
        assert engine.versions() == {each.offering_id: 3 for each in some_changes[4:]}

    def test_a_tombstone_is_remembered_for_a_week(self, open_engine: Open) -> None:
        change = town.changes()[0]
        engine = open_engine("week", FixedClock(NOW, SHANGHAI))
        engine.ensure()
        engine.apply([Change(change.offering_id, 9, None)])
        later = open_engine("week", FixedClock(NOW + timedelta(days=6), SHANGHAI))
        later.apply([])
        later.apply([change])
        assert later.versions() == {}

    def test_an_offering_that_is_forgotten_can_be_written_again_at_once_as_it_was(self, engine: SearchEngine) -> None:
        first, second = town.changes()[:2]
        engine.apply([replace(first, version=7), second])
        engine.forget([first.offering_id, 424242])
        assert engine.versions() == {second.offering_id: 1}
        engine.apply([replace(first, version=7)])
        assert engine.versions() == {first.offering_id: 7, second.offering_id: 1}

    def test_a_new_index_is_empty_and_ensuring_it_again_keeps_what_is_in_it(self, engine: SearchEngine) -> None:
        assert engine.search(asked(SearchRequest(text="书法"))).total == 0
        assert engine.versions() == {}
        engine.apply(town.changes()[:3])
        engine.ensure()
        health = engine.health()
        assert (health.ok, health.documents, health.analysis_version) == (True, 3, ANALYSIS_VERSION)

    # ── rebuilding ────────────────────────────────────────────────────────────────────────────────────────────────────

    def test_a_rebuild_is_not_seen_before_it_is_committed_and_then_in_one_step(self, engine: SearchEngine) -> None:
        old, new = town.changes()[:3], town.changes()[3:8]
        engine.apply(old)
        rebuild = engine.begin_rebuild()
        rebuild.add(new)
        assert rebuild.versions() == {each.offering_id: 1 for each in new}
        assert set(engine.versions()) == {each.offering_id for each in old}
        rebuild.commit()
        assert set(engine.versions()) == {each.offering_id for each in new}
        assert engine.search(asked(SearchRequest())).total == 5

    def test_edits_go_on_while_an_index_is_rebuilt_and_are_replayed(self, engine: SearchEngine) -> None:
        first, second = town.changes()[:2]
        engine.apply([first, second])
        rebuild = engine.begin_rebuild()
        rebuild.add([first, second])
        edits = [replace(first, version=2), Change(second.offering_id, 2, None)]
        assert engine.apply(edits).done == {first.offering_id, second.offering_id}
        assert engine.versions() == {first.offering_id: 2}
        rebuild.add(edits)
        rebuild.add([replace(second, version=1)])
        rebuild.commit()
        assert engine.versions() == {first.offering_id: 2}

    def test_an_abandoned_rebuild_changes_nothing(self, engine: SearchEngine) -> None:
        engine.apply(town.changes()[:3])
        before = engine.versions()
        rebuild = engine.begin_rebuild()
        rebuild.add(town.changes()[5:9])
        rebuild.abandon()
        assert engine.versions() == before
        engine.begin_rebuild().abandon()

    def test_rebuilding_an_index_gives_back_the_same_answers(self, engine: SearchEngine) -> None:
        engine.apply(town.changes())
        query = asked(SearchRequest(text="书法 茶艺", near=NEAR_LIBRARY, per_page=50))
        before = engine.search(query)
        for _ in range(3):
            rebuild = engine.begin_rebuild()
            rebuild.add(town.changes())
            rebuild.commit()
        after = engine.search(query)
        assert ids(after) == ids(before) and after.facets == before.facets
