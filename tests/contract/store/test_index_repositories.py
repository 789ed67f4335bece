"""What the indexer asks of the catalogue: what must be found, what still waits, what was erased; on every database."""

from __future__ import annotations

from datetime import timedelta

from city.model import Consumer, OfferingPopularity, Status
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from fixtures.factories import NOW, an_offering, an_operator, in_days


def lay(work: UnitOfWork, *titles: str, **values: object) -> list[int]:
    operator = work.operators.by_slug("hubin") or an_operator("hubin")
    laid = [an_offering(title, topics=(), operator=operator, venue=None, **values) for title in titles]
    for offering in laid:
        work.published_first(offering, NOW)
    return [offering.id for offering in laid]


def test_what_must_be_found_is_published_and_not_over(database: Database) -> None:
    with database.writing() as work:
        ahead, always = lay(work, "Ink"), lay(work, "Walk", kind="route")
        lay(work, "Past", days=[in_days(-3)])
        lay(work, "Hidden", status=Status.HIDDEN)
        assert work.offerings.listable_versions(NOW) == dict.fromkeys([*ahead, *always], 1)


def test_titles_come_in_one_piece_for_marking(database: Database) -> None:
    with database.writing() as work:
        (offering_id,) = lay(work, "夜里写字")
        assert work.offerings.texts([offering_id, 999])[offering_id].title["zh-Hans"] == "夜里写字"


def test_a_claim_can_be_given_back_without_counting_a_try(database: Database) -> None:
    with database.writing() as work:
        lay(work, "Ink", "Tea")
        messages = work.outbox.claim(Consumer.INDEX, NOW)
        work.outbox.give_back([messages[0].id])
        work.flush()
        assert [message.id for message in work.outbox.claim(Consumer.INDEX, NOW)] == [messages[0].id]
        assert messages[0].tries == 0


def test_what_waits_and_what_was_done_are_told_apart(database: Database) -> None:
    with database.writing() as work:
        ink, tea = lay(work, "Ink", "Tea")
        first, _ = work.outbox.claim(Consumer.INDEX, NOW)
        work.outbox.done([first.id], NOW)
        assert work.outbox.waiting_for(Consumer.INDEX, [ink, tea]) == {tea}
        assert work.outbox.purge_done(Consumer.INDEX, NOW) == 0
        assert work.outbox.purge_done(Consumer.INDEX, NOW + timedelta(days=7)) == 1
        assert work.outbox.waiting_for(Consumer.INDEX, [ink, tea]) == {tea}


def test_an_erased_offering_is_known_by_its_last_message(database: Database) -> None:
    with database.writing() as work:
        lay(work, "Ink")
        work.outbox.announce(999, 4, NOW)
        work.outbox.announce(999, 5, NOW)
        work.flush()
        assert work.outbox.erased() == {999: 5}


def test_the_index_is_told_of_popularity_only_when_its_step_changes(database: Database) -> None:
    def count(people: int, step: int) -> int:
        with database.writing() as work:
            work.popularity.put(OfferingPopularity(offering_id=ink, people_count=people, step=step, counted_at=NOW))
            work.commit()
        with database.reading() as work:
            return work.outbox.waiting(Consumer.INDEX)[0]

    with database.writing() as work:
        (ink,) = lay(work, "Ink")
        work.commit()
    assert [count(3, 0), count(40, 2), count(41, 2), count(90, 3)] == [1, 2, 2, 3]
