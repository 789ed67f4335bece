"""What suggestions read of a citizen, of a district and of changes: one suite for every database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from city.model import Enrolment, EnrolmentStatus
from city.store.database import Database
from fixtures.factories import NOW, a_citizen, an_interaction
from tests.small_city import SmallCity, lay_small_city

SINCE = NOW - timedelta(days=30)


@pytest.fixture
def city(database: Database) -> SmallCity:
    return lay_small_city(database)


def did(database: Database, city: SmallCity, slug: str | None, name: str, kind: str, days_ago: float = 1) -> None:
    with database.writing() as work:
        person = city.citizens[slug] if slug else None
        at = NOW - timedelta(days=days_ago)
        work.interactions.add(an_interaction(person, city.offerings[name], kind, happened_at=at))
        work.commit()


def test_deeds_are_a_citizens_own_in_the_order_in_which_they_happened(database: Database, city: SmallCity) -> None:
    for slug, name, kind, days_ago in (
        ("shen", "brush", "save", 2), ("shen", "plum", "view", 5), ("lin", "choir", "save", 3),
        ("shen", "brush", "unsave", 2), (None, "plum", "save", 1),
    ):  # fmt: skip
        did(database, city, slug, name, kind, days_ago)
    with database.reading() as work:
        deeds = work.interactions.deeds(city.citizens["shen"])
        assert work.interactions.deeds(987654) == []
    brush, plum = city.offerings["brush"], city.offerings["plum"]
    assert deeds == [(plum, "view"), (brush, "save"), (brush, "unsave")]


def test_people_of_an_area_are_counted_once_an_offering(database: Database, city: SmallCity) -> None:
    for slug, name, kind, days_ago in (
        ("shen", "brush", "view", 1), ("shen", "brush", "save", 2), ("lin", "brush", "attend", 3),
        ("c0", "brush", "view", 4), ("c0", "choir", "dismiss", 4), ("c1", "choir", "view", 31),
        (None, "brush", "view", 1),
    ):  # fmt: skip
        did(database, city, slug, name, kind, days_ago)
    with database.reading() as work:
        found = work.interactions.people_counts_by_area(SINCE, NOW)
    assert sorted(found) == [("liupu", city.offerings["brush"], 2), ("yunjiao", city.offerings["brush"], 1)]


def test_who_never_said_where_they_live_counts_in_no_area(database: Database, city: SmallCity) -> None:
    with database.writing() as work:
        nomad = a_citizen(area_id=None)
        work.citizens.add(nomad)
        work.flush()
        work.interactions.add(an_interaction(nomad.id, city.offerings["brush"]))
        work.commit()
    with database.reading() as work:
        assert work.interactions.people_counts_by_area(SINCE, NOW) == []


def test_a_place_is_held_until_it_is_given_back(database: Database, city: SmallCity) -> None:
    shen, lin = city.citizens["shen"], city.citizens["lin"]
    with database.writing() as work:
        for person, name, status in (
            (shen, "brush", EnrolmentStatus.CONFIRMED), (shen, "plum", EnrolmentStatus.CANCELLED),
            (shen, "phone", EnrolmentStatus.WAITLISTED), (lin, "pottery", EnrolmentStatus.CONFIRMED),
        ):  # fmt: skip
            run_id = city.runs[name]
            work.enrolments.add(
                Enrolment(run_id=run_id, citizen_id=person, status=status, created_at=NOW, changed_at=NOW)
            )
        work.commit()
    with database.reading() as work:
        assert work.enrolments.offerings_held(shen) == {city.offerings["brush"], city.offerings["phone"]}
        assert work.enrolments.offerings_held(987654) == set()


def test_changes_since_a_message_name_the_offerings_once(database: Database, city: SmallCity) -> None:
    with database.reading() as work:
        before = work.outbox.last_id()
    with database.writing() as work:
        for name in ("brush", "plum", "brush"):
            work.changed(work.offerings.get(city.offerings[name]), NOW)
        work.commit()
    with database.reading() as work:
        assert work.outbox.last_id() > before
        assert work.outbox.offerings_since(before + 1) == {city.offerings["brush"], city.offerings["plum"]}
        assert work.outbox.offerings_since(work.outbox.last_id() + 1) == set()


def test_the_switch_and_the_band_of_birth_are_read_by_themselves(database: Database, city: SmallCity) -> None:
    with database.writing() as work:
        work.citizens.get(city.citizens["lin"]).personal_suggestions = False
        work.citizens.get(city.citizens["lin"]).birth_year_from = None
        work.commit()
    with database.reading() as work:
        assert work.citizens.suggestion_settings(city.citizens["shen"]) == (True, 1980)
        assert work.citizens.suggestion_settings(city.citizens["lin"]) == (False, None)
        assert work.citizens.suggestion_settings(987654) is None
