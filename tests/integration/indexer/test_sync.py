"""From the outbox into the index, on both databases: nothing lost, nothing stale, nothing marked done too early."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from city.errors import SearchUnavailable
from city.model import Consumer, OfferingPopularity
from fixtures.factories import an_offering, in_days
from indexer import changes
from indexer.engines.protocol import Applied, Change
from indexer.upkeep import IndexUpkeep
from tests.integration.indexer.conftest import Catalogue
from tests.integration.indexer.kept_engine import KeptEngine


def test_what_was_added_edited_and_hidden_is_in_the_index_as_it_is_now(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    ink, tea, chess = catalogue.add("Ink", "Tea", "Chess")
    catalogue.edit(tea)
    catalogue.hide(chess)
    done = upkeep.sync()
    assert engine.versions() == {ink: 1, tea: 2}
    assert (done.messages, done.written, done.taken_out) == (5, 2, 1)
    assert catalogue.waiting() == 0


def test_an_offering_named_five_times_in_a_batch_is_written_once(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    (ink,) = catalogue.add("Ink")
    for _ in range(4):
        catalogue.edit(ink)
    upkeep.sync()
    assert engine.batches == [[ink]]
    assert engine.versions() == {ink: 5}


def test_an_erased_offering_leaves_a_tombstone_with_the_version_after_its_last(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    (ink,) = catalogue.add("Ink")
    catalogue.edit(ink)
    upkeep.sync()
    catalogue.erase(ink)
    upkeep.sync()
    assert engine.kept[ink] == (3, None)


def test_a_row_the_engine_refuses_comes_back_later_and_keeps_no_other_waiting(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    ink, tea = catalogue.add("Ink", "Tea")
    engine.refused = {ink}
    done = upkeep.sync()
    assert engine.versions() == {tea: 1}
    assert "refused" in done.failed[ink]
    assert (catalogue.waiting(), upkeep.sync().messages) == (1, 0)
    engine.refused = set()
    catalogue.clock.pass_by(seconds=3)
    upkeep.sync()
    assert engine.versions() == {ink: 1, tea: 1}


def test_a_row_no_document_can_be_made_of_keeps_no_other_waiting(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    ink, tea = catalogue.add("Ink", "Tea")
    make = changes.to_document

    def odd(offering, **values):  # type: ignore[no-untyped-def]
        if offering.id == ink:
            raise ZeroDivisionError("odd")
        return make(offering, **values)

    monkeypatch.setattr(changes, "to_document", odd)
    assert "ZeroDivisionError" in upkeep.sync().failed[ink]
    assert engine.versions() == {tea: 1}


def test_while_the_engine_is_dead_every_claim_is_given_back_and_no_try_is_counted(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    (ink,) = catalogue.add("Ink")
    engine.dead = True
    for _ in range(20):
        with pytest.raises(SearchUnavailable):
            upkeep.sync_once()
    engine.dead = False
    upkeep.sync()
    assert engine.versions() == {ink: 1}


def test_an_edit_during_the_write_stays_waiting(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ink,) = catalogue.add("Ink")
    write = engine.apply

    def write_and_edit(changed: Sequence[Change]) -> Applied:
        if catalogue.versions()[ink] == 1:
            catalogue.edit(ink)
        return write(changed)

    monkeypatch.setattr(engine, "apply", write_and_edit)
    upkeep.sync_once()
    assert (engine.versions(), catalogue.waiting()) == ({ink: 1}, 1)
    upkeep.sync_once()
    assert (engine.versions(), catalogue.waiting()) == ({ink: 2}, 0)


def test_a_kill_between_writing_and_marking_done_only_repeats_the_work(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ink,) = catalogue.add("Ink")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("city.store.feed_repositories.Outbox.done", killed)
    with pytest.raises(KeyboardInterrupt):
        upkeep.sync_once()
    monkeypatch.undo()
    assert (engine.versions(), catalogue.waiting()) == ({ink: 1}, 1)
    again = IndexUpkeep(catalogue.database, engine, clock=catalogue.clock, system_clock=catalogue.clock)
    again.start()
    again.sync()
    assert (engine.versions(), catalogue.waiting()) == ({ink: 1}, 0)


def test_a_meeting_that_ended_gives_its_offering_a_fresh_look_without_a_new_version(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    (ink,) = catalogue.add("Ink", days=[in_days(0), in_days(7)], now=catalogue.clock.now())
    upkeep.start()
    upkeep.sync()
    before = engine.kept[ink][1]
    catalogue.clock.pass_by(hours=12)
    assert upkeep.sync().written == 1
    version, after = engine.kept[ink]
    assert before is not None
    assert after is not None
    assert (len(before.numbers["days"]), len(after.numbers["days"]), version) == (2, 1, 1)


def test_the_last_meeting_that_ended_takes_the_offering_out_also_after_a_restart(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    (ink,) = catalogue.add("Ink", days=[in_days(0)])
    upkeep.start()
    upkeep.sync()
    assert engine.versions() == {ink: 1}
    catalogue.clock.pass_by(days=3)
    again = IndexUpkeep(catalogue.database, engine, clock=catalogue.clock, system_clock=catalogue.clock)
    again.sync()
    assert engine.versions() == {}


def test_five_hundred_messages_shuffled_and_doubled_leave_the_index_equal_to_the_catalogue(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    rng = random.Random(7)
    ids = catalogue.add(*(f"Course {number}" for number in range(40)))
    upkeep.sync()
    for _ in range(150):
        catalogue.edit(rng.choice(ids))
    for offering_id in rng.sample(ids, 9):
        catalogue.hide(offering_id)
    _shuffle_and_double(catalogue, rng, to=500)
    upkeep.sync()
    assert engine.versions() == catalogue.versions()
    assert catalogue.waiting() == 0


def _shuffle_and_double(catalogue: Catalogue, rng: random.Random, to: int) -> None:
    """Send the waiting messages again, in any order, until there are `to` of them."""
    with catalogue.database.writing() as work:
        waiting = [(m.offering_id, m.version) for m in work.outbox.claim(Consumer.INDEX, catalogue.clock.now(), 1_000)]
        for offering_id, version in rng.choices(waiting, k=to - len(waiting)):
            work.outbox.announce(offering_id, rng.randint(1, version), catalogue.clock.now())
        work.outbox.release_claims(Consumer.INDEX)
        work.commit()


def test_a_changed_step_of_popularity_reaches_the_document(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    (ink,) = catalogue.add("Ink")
    upkeep.sync()
    plain = engine.kept[ink][1]
    with catalogue.database.writing() as work:
        row = OfferingPopularity(offering_id=ink, people_count=90, step=9, counted_at=catalogue.clock.now())
        work.popularity.put(row)
        work.commit()
    upkeep.sync()
    popular = engine.kept[ink][1]
    assert plain is not None
    assert popular is not None
    assert popular.merit > plain.merit


def test_what_is_over_when_it_comes_in_is_never_findable(
    catalogue: Catalogue, engine: KeptEngine, upkeep: IndexUpkeep
) -> None:
    catalogue.add("Past", days=[in_days(-30)])
    assert upkeep.sync().taken_out == 1
    assert engine.versions() == {}
    assert an_offering("Past", days=[in_days(-30)]).is_over(catalogue.clock.now())
