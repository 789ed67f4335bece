"""A rebuild while edits go on, what makes one start by itself, and drift found and healed; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from city.errors import SearchUnavailable
from city.model import Consumer
from fixtures.factories import in_days
from indexer.upkeep import IndexUpkeep
from tests.integration.indexer.conftest import Catalogue
from tests.integration.indexer.kept_engine import KeptEngine, KeptRebuild


def during(monkeypatch: pytest.MonkeyPatch, method: str, edit: Callable[[], object]) -> None:
    """Let an edit happen once, just before a step of the rebuild."""
    step, edits = getattr(KeptRebuild, method), iter([edit])

    def edited_before(self: KeptRebuild, *values: object) -> object:
        next(edits, lambda: None)()
        return step(self, *values)

    monkeypatch.setattr(KeptRebuild, method, edited_before)


def test_deleting_the_index_and_one_rebuild_bring_back_all_of_it(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    catalogue.add(*(f"Course {number}" for number in range(450)))
    upkeep.sync()
    before = dict(engine.kept)
    engine.kept = {}
    done = upkeep.rebuild()
    assert engine.kept == before
    assert done.documents == 450


@pytest.mark.parametrize("step", ["add", "versions", "commit"])
def test_edits_made_while_the_index_is_built_are_in_it_or_left_to_the_sync(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ink, tea, chess, go = catalogue.add("Ink", "Tea", "Chess", "Go")
    upkeep.sync()

    def edits() -> None:
        catalogue.edit(tea)
        catalogue.hide(chess)
        catalogue.erase(go)
        catalogue.add("Late")
        upkeep_of_the_worker.sync()

    upkeep_of_the_worker = IndexUpkeep(catalogue.database, engine, clock=catalogue.clock, system_clock=catalogue.clock)
    during(monkeypatch, step, edits)
    upkeep.rebuild()
    upkeep.sync()
    assert engine.versions() == catalogue.versions()
    assert (ink in engine.versions(), catalogue.waiting()) == (True, 0)


def test_what_waited_before_a_rebuild_is_told_by_it_and_what_came_meanwhile_waits_on(
    catalogue: Catalogue, upkeep: IndexUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    ink, _ = catalogue.add("Ink", "Tea")
    during(monkeypatch, "add", lambda: catalogue.edit(ink))
    upkeep.rebuild()
    assert catalogue.waiting() == 1


def test_a_rebuild_that_fails_leaves_the_index_that_answers(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.add("Ink")
    upkeep.sync()
    before = dict(engine.kept)

    def broken(self: KeptRebuild) -> None:
        raise SearchUnavailable("The disk is full.")

    abandoned = []
    monkeypatch.setattr(KeptRebuild, "commit", broken)
    monkeypatch.setattr(KeptRebuild, "abandon", lambda self: abandoned.append(self))
    with pytest.raises(SearchUnavailable):
        upkeep.rebuild()
    assert engine.kept == before
    assert abandoned
    catalogue.add("Tea")
    with pytest.raises(SearchUnavailable):
        upkeep.rebuild()
    assert catalogue.waiting() == 1


def test_one_refused_row_does_not_stop_a_rebuild_and_is_tried_again_by_the_sync(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    ink, tea = catalogue.add("Ink", "Tea")
    engine.refused = {ink}
    done = upkeep.rebuild()
    assert (engine.versions(), list(done.failed), catalogue.waiting()) == ({tea: 1}, [ink], 2)
    engine.refused = set()
    upkeep.sync()
    assert engine.versions() == {ink: 1, tea: 1}


def test_a_meeting_that_ended_while_the_index_was_built_is_looked_at_afterwards(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ink,) = catalogue.add("Ink", days=[in_days(0), in_days(7)])
    during(monkeypatch, "commit", lambda: catalogue.clock.pass_by(hours=12))
    upkeep.rebuild()
    upkeep.sync()
    document = engine.kept[ink][1]
    assert document is not None
    assert len(document.numbers["days"]) == 1


@pytest.mark.parametrize("fault", ["missing", "analysis", "clock"])
def test_an_index_that_cannot_serve_is_rebuilt_at_the_start_and_it_is_said(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, fault: str
) -> None:
    (ink,) = catalogue.add("Ink")
    upkeep.start()
    upkeep.sync()
    if fault == "missing":
        engine.kept, engine.missing = {}, True
    elif fault == "analysis":
        engine.analysis_version = "0"
    else:
        catalogue.clock.instant -= timedelta(days=2)
    assert not upkeep.is_well()
    started = upkeep.start()
    said = {"missing": "missing", "analysis": "text analysis 0", "clock": "later time"}[fault]
    assert said in started.sentence()
    assert "rebuilt: 1 offerings" in started.sentence()
    assert engine.versions() == {ink: 1}
    assert upkeep.is_well()


def test_a_start_with_a_good_index_says_nothing_and_rebuilds_nothing(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    catalogue.add("Ink")
    upkeep.start()
    upkeep.sync()
    engine.former = None
    assert (upkeep.start().sentence(), engine.former) == ("", None)


def test_a_start_while_the_engine_is_dead_says_so_and_throws_no_good_index_away(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    catalogue.add("Ink")
    upkeep.sync()
    engine.dead = True
    with pytest.raises(SearchUnavailable, match="does not answer"):
        upkeep.start()
    engine.dead = False
    upkeep.start()
    assert engine.former is None


def plant(catalogue: Catalogue, engine: KeptEngine) -> None:
    """Twenty faults: missing, extra (known and unknown to the catalogue), stale; the outbox knows of none."""
    held = sorted(engine.versions())
    for offering_id in held[:6]:
        del engine.kept[offering_id]
    for offering_id in held[6:12]:
        engine.kept[offering_id] = (0, engine.kept[offering_id][1])
    any_document = engine.kept[held[12]][1]
    hidden = catalogue.add(*(f"Hidden {number}" for number in range(4)), status="hidden")
    with catalogue.database.writing() as work:
        messages = work.outbox.claim(Consumer.INDEX, catalogue.clock.now(), 1_000)
        work.outbox.done([message.id for message in messages], catalogue.clock.now())
        work.commit()
    for offering_id in (*hidden, 90_001, 90_002, 90_003, 90_004):
        engine.kept[offering_id] = (1, any_document)


def test_twenty_planted_faults_are_reported_as_figures_and_healed_at_once(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    catalogue.add(*(f"Course {number}" for number in range(60)))
    upkeep.start()
    upkeep.sync()
    plant(catalogue, engine)
    found, left = upkeep.check(repair=True)
    figures = {"compared": 68, "missing": 6, "extra": 8, "stale": 6, "double": 0}
    assert (found.figures(), left.total) == (figures, 0)
    assert engine.versions() == catalogue.versions()


def test_without_repair_drift_is_told_and_nothing_is_written(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    catalogue.add(*(f"Course {number}" for number in range(60)))
    upkeep.start()
    upkeep.sync()
    plant(catalogue, engine)
    before = dict(engine.kept)
    found, left = upkeep.check()
    assert found == left
    assert "6 missing, 8 extra, 6 stale" in found.sentence()
    assert engine.kept == before


@pytest.mark.parametrize("fault", ["double", "ahead"])
def test_doubles_and_documents_of_a_future_the_catalogue_lost_are_healed_by_a_rebuild(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, fault: str
) -> None:
    (ink,) = catalogue.add("Ink")
    upkeep.start()
    upkeep.sync()
    if fault == "double":
        engine.extra_documents = 1
    else:
        engine.kept[ink] = (40, engine.kept[ink][1])
    found, left = upkeep.check(repair=True)
    assert (found.total, left.total) == (1, 0)
    assert engine.versions() == {ink: 1}


def test_changes_that_still_wait_and_offerings_just_over_are_no_drift(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    ink, _ = catalogue.add("Ink", "Tea")
    catalogue.add("Today", days=[in_days(0)])
    upkeep.start()
    upkeep.sync()
    catalogue.edit(ink)
    catalogue.add("Late")
    catalogue.clock.pass_by(hours=12)
    assert upkeep.check()[0].total == 0


def test_rows_done_a_week_ago_are_tidied_away(catalogue: Catalogue, upkeep: IndexUpkeep) -> None:
    catalogue.add("Ink", "Tea")
    upkeep.sync()
    assert upkeep.tidy() == 0
    catalogue.clock.pass_by(days=8)
    assert upkeep.tidy() == 2


def test_a_message_given_up_is_settled_once_a_repair_brought_its_offering_in(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    (ink,) = catalogue.add("Ink")
    upkeep.start()
    engine.refused = {ink}
    for _ in range(10):
        upkeep.sync()
        catalogue.clock.pass_by(hours=1)
    assert upkeep.check(repair=True)[1].figures()["missing"] == 1
    engine.refused = set()
    assert upkeep.check(repair=True)[1].total == 0
    with catalogue.database.reading() as work:
        assert work.outbox.dead(Consumer.INDEX) == 0
