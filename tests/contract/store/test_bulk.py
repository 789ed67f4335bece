"""Many rows at once: ids come back in order, updates meet their rows, announcements reach every consumer."""

from __future__ import annotations

from city.model import Consumer, Offering, Operator, OutboxMessage
from city.store.database import Database
from fixtures.factories import NOW, an_interaction, an_offering


def test_ids_come_back_in_the_order_of_the_rows(database: Database) -> None:
    rows = [{"slug": f"club-{number:03}", "name": {"en": f"Club {number}"}, "phone": ""} for number in range(300)]
    with database.writing() as work:
        ids = work.bulk.insert(Operator, rows)
        work.commit()
    with database.reading() as work:
        found = {operator.id: operator.slug for operator in work.operators.all()}
    assert [found[key] for key in ids] == [row["slug"] for row in rows]


def test_inserting_or_updating_nothing_is_nothing(database: Database) -> None:
    with database.writing() as work:
        assert work.bulk.insert(Operator, []) == []
        work.bulk.insert_keyed(Operator, [])
        work.bulk.update(Operator, [])


def test_an_update_by_id_changes_only_the_named_columns_of_its_row(database: Database) -> None:
    with database.writing() as work:
        first, second = work.bulk.insert(
            Operator, [{"slug": slug, "name": {"en": slug}, "phone": "1"} for slug in ("a", "b")]
        )
        work.bulk.update(Operator, [{"id": second, "phone": "2"}])
        work.commit()
    with database.reading() as work:
        assert [(work.operators.get(key).slug, work.operators.get(key).phone) for key in (first, second)] == [
            ("a", "1"),
            ("b", "2"),
        ]


def test_an_announcement_reaches_every_consumer_with_its_version(database: Database) -> None:
    with database.writing() as work:
        work.bulk.announce({7: 2, 9: 3}, NOW)
        work.commit()
    with database.writing() as work:
        for consumer in Consumer:
            claimed: list[OutboxMessage] = work.outbox.claim(consumer, NOW)
            assert [(message.offering_id, message.version) for message in claimed] == [(7, 2), (9, 3)]


def test_rows_of_the_sample_are_told_from_rows_made_by_hand(database: Database) -> None:
    with database.writing() as work:
        for title, is_sample in (("a sample", True), ("by hand", False)):
            offering: Offering = an_offering(title, is_sample=is_sample, topics=[])
            offering.operator.slug = title.replace(" ", "-")
            work.offerings.add(offering)
            work.flush()
            work.interactions.add(an_interaction(None, offering.id, is_sample=is_sample))
        work.commit()
    with database.reading() as work:
        assert [dict(offering.title) for offering in work.bulk.sample_offerings()] == [{"en": "a sample"}]
        assert len(work.bulk.sample_runs()) == 1
        assert len(work.bulk.sample_meetings()) == 2
        assert [len(part) for part in work.bulk.sample_interaction_instants()] == [1]
