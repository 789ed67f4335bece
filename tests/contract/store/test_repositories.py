"""Repositories, migrations and the outbox: one suite for every database."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from city.errors import DatabaseUnavailable
from city.model import (
    Area,
    Citizen,
    ClassSession,
    Consumer,
    Interaction,
    InteractionKind,
    LocalisedText,
    Offering,
    Operator,
    Run,
    ShownList,
    Topic,
    Venue,
)
from city.services.interacting import InteractionBuffer
from city.store import schema
from city.store.catalogue_repositories import ListFilter
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from fixtures.factories import NOW, SHANGHAI


def an_offering(work: UnitOfWork, title: str, *days: date, kind: str = "event", **values: object) -> Offering:
    operator = work.operators.by_slug("hubin")
    if operator is None:
        operator = Operator(slug="hubin", name=LocalisedText({"en": "Hubin"}))
        work.operators.add(operator)
    meetings = [ClassSession.at(day, SHANGHAI, time(10), time(11)) for day in days]
    offering = Offering(
        kind=kind,
        status="published",
        operator=operator,
        title=LocalisedText({"zh-Hans": title}),
        created_at=NOW,
        updated_at=NOW,
        published_at=NOW,
        runs=[Run(class_sessions=meetings)] if meetings else [],
        **values,
    )
    work.published_first(offering, NOW)
    return offering


def test_migrations_run_down_and_up_again(database: Database) -> None:
    schema.downgrade(database)
    assert schema.present_revision(database) is None
    with pytest.raises(DatabaseUnavailable, match="learncity init"):
        schema.require_current(database)
    schema.upgrade(database)
    schema.upgrade(database)
    schema.require_current(database)


def test_what_is_not_committed_is_gone(database: Database) -> None:
    with database.writing() as work:
        work.facts.put("sample", {"seed": 7})
    with database.reading() as work:
        assert work.facts.get("sample") is None


def test_a_change_raises_the_version_and_tells_the_index_in_one_transaction(database: Database) -> None:
    with database.writing() as work:
        offering = an_offering(work, "写字", date(2026, 12, 1))
        work.commit()
    with database.writing() as work:
        again = work.offerings.get(offering.id)
        work.changed(again, NOW)
        work.commit()
    with database.writing() as work:
        messages = work.outbox.claim(Consumer.INDEX, NOW)
        assert [(message.offering_id, message.version) for message in messages] == [(offering.id, 1), (offering.id, 2)]


def test_a_claimed_message_is_not_claimed_again_until_the_claim_expires(database: Database) -> None:
    with database.writing() as work:
        an_offering(work, "写字", date(2026, 12, 1))
        work.commit()
    with database.writing() as work:
        (message,) = work.outbox.claim(Consumer.INDEX, NOW)
        work.commit()
    with database.writing() as work:
        assert work.outbox.claim(Consumer.INDEX, NOW) == []
        assert len(work.outbox.claim(Consumer.INDEX, NOW + timedelta(minutes=2))) == 1
        work.outbox.done([message.id], NOW)
        work.commit()
    with database.reading() as work:
        assert work.outbox.waiting(Consumer.INDEX) == (0, None)


def test_a_message_that_fails_ten_times_is_a_dead_letter(database: Database) -> None:
    with database.writing() as work:
        an_offering(work, "写字", date(2026, 12, 1))
        work.commit()
    later = NOW
    for _ in range(10):
        later += timedelta(hours=1)
        with database.writing() as work:
            (message,) = work.outbox.claim(Consumer.INDEX, later)
            work.outbox.failed([message.id], later, "the engine said no")
            work.commit()
    with database.writing() as work:
        assert work.outbox.claim(Consumer.INDEX, later + timedelta(days=1)) == []
        assert work.outbox.dead(Consumer.INDEX) == 1


def test_lists_hold_what_is_to_come_soonest_first_and_what_is_always_open_last(database: Database) -> None:
    with database.writing() as work:
        late = an_offering(work, "晚", date(2026, 12, 20))
        soon = an_offering(work, "早", date(2026, 11, 1), date(2026, 11, 30))
        an_offering(work, "过了", date(2026, 11, 1))
        route = an_offering(work, "路线", kind="route", always_open=True)
        hidden = an_offering(work, "藏", date(2026, 12, 2))
        hidden.withdraw()
        work.commit()
    with database.reading() as work:
        assert work.offerings.listable(NOW, ListFilter(), n=10) == [soon.id, late.id, route.id]
        assert work.offerings.count_listable_by_kind(NOW, ListFilter()) == {"event": 2, "route": 1}
        assert work.offerings.listable(NOW, ListFilter(kinds=frozenset({"route"})), n=10) == [route.id]
        assert work.offerings.count_listable(NOW, ListFilter()) == 3


def test_a_list_can_be_narrowed_to_an_area_and_a_topic(database: Database) -> None:
    with database.writing() as work:
        work.areas.add(Area(id="yundu", level="city", name=LocalisedText({"zh-Hans": "云渡"})))
        work.flush()
        work.areas.add(Area(id="hubin", level="district", parent_id="yundu", name=LocalisedText({"zh-Hans": "湖滨区"})))
        work.topics.add(Topic(id="tea", name=LocalisedText({"zh-Hans": "茶艺"})))
        work.flush()
        venue = Venue(name=LocalisedText({"zh-Hans": "湖滨图书馆"}), area_id="hubin", latitude=30.5, longitude=120.9)
        work.venues.add(venue)
        inside = an_offering(work, "喝茶", date(2026, 12, 1), venue=venue)
        inside.set_topics(["tea"])
        an_offering(work, "别处", date(2026, 12, 1))
        work.commit()
    with database.reading() as work:
        areas = frozenset(work.areas.below("yundu"))
        assert areas == {"yundu", "hubin"}
        assert work.offerings.listable(NOW, ListFilter(area_ids=areas), n=5) == [inside.id]
        assert work.offerings.listable(NOW, ListFilter(topic_ids=frozenset({"tea"})), n=5) == [inside.id]


def test_saved_means_saved_and_not_taken_back(database: Database) -> None:
    with database.writing() as work:
        work.citizens.add(Citizen(id=1, name=LocalisedText({"en": "He"}), created_at=NOW))
        tea, ink = an_offering(work, "茶", date(2026, 12, 1)), an_offering(work, "墨", date(2026, 12, 2))
        for minutes, offering, kind in ((1, tea, "save"), (2, ink, "save"), (3, tea, "unsave"), (4, tea, "view")):
            work.interactions.add(
                Interaction(
                    citizen_id=1, offering_id=offering.id, kind=kind, happened_at=NOW + timedelta(minutes=minutes)
                )
            )
        work.commit()
    with database.reading() as work:
        assert work.interactions.standing(1, InteractionKind.SAVE) == [ink.id]
        assert len(list(work.interactions.log())) == 4
        assert work.interactions.people_counts(NOW, NOW + timedelta(days=1)) == {tea.id: 1, ink.id: 1}


def test_views_and_lists_reach_the_database_by_the_buffer(database: Database) -> None:
    with database.writing() as work:
        offering = an_offering(work, "茶", date(2026, 12, 1))
        work.commit()
    buffer = InteractionBuffer(database, flush_seconds=60)
    buffer.put(Interaction(offering_id=offering.id, kind="view", happened_at=NOW))
    buffer.put(ShownList(id="l1", source="popular_near", items=[{"offering_id": offering.id}], shown_at=NOW))
    buffer.close()
    with database.reading() as work:
        assert work.interactions.count() == 1
        assert work.shown_lists.find("l1") is not None
    assert buffer.lost_count == 0


def test_a_meeting_that_ended_is_found_for_a_fresh_look(database: Database) -> None:
    with database.writing() as work:
        offering = an_offering(work, "茶", date(2026, 11, 23), date(2026, 12, 1))
        work.commit()
    with database.reading() as work:
        assert work.offerings.ended_between(NOW - timedelta(days=2), NOW) == [offering.id]
        assert work.offerings.ended_between(NOW, NOW + timedelta(days=2)) == []
