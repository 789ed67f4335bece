"""What the worker and `learncity doctor` do for suggestions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from city.clock import FixedClock
from city.config import Settings
from city.jobs import Job
from city.model import Consumer, ShownList
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, a_citizen, an_interaction
from recommender.artefact import ArtefactStore
from recommender.checks import check
from recommender.counting import count_popularity, step_of
from recommender.jobs import jobs
from tests.small_city import SmallCity, lay_small_city

CLOCK = FixedClock(NOW, SHANGHAI)


@pytest.fixture
def city(database: Database) -> SmallCity:
    return lay_small_city(database)


def people_save(database: Database, offering_id: int, people: int) -> None:
    with database.writing() as work:
        crowd = [a_citizen(area_id="liupu") for _ in range(people)]
        for citizen in crowd:
            work.citizens.add(citizen)
        work.flush()
        for citizen in crowd:
            work.interactions.add(an_interaction(citizen.id, offering_id))
        work.commit()


def claimed(database: Database) -> list[int]:
    with database.writing() as work:
        found = [message.offering_id for message in work.outbox.claim(Consumer.INDEX, NOW)]
        work.commit()
    return found


def test_popularity_is_written_where_pages_and_the_index_read_it(database: Database, city: SmallCity) -> None:
    people_save(database, city.offerings["brush"], 7)
    assert count_popularity(database, CLOCK) == "popularity of 1 offerings was counted"
    with database.reading() as work:
        (row,) = work.popularity.all().values()
    assert (row.offering_id, row.people_count, row.step) == (city.offerings["brush"], 7, 3)


def test_the_index_is_told_when_the_step_changes_and_only_then(database: Database, city: SmallCity) -> None:
    brush = city.offerings["brush"]
    people_save(database, brush, 7)
    count_popularity(database, CLOCK)
    assert claimed(database) == [brush]
    people_save(database, brush, 1)
    assert step_of(7) == step_of(8)
    assert count_popularity(database, CLOCK)
    assert claimed(database) == []
    assert count_popularity(database, CLOCK) == ""


def test_what_nobody_took_for_a_month_falls_back_to_nobody(database: Database, city: SmallCity) -> None:
    people_save(database, city.offerings["brush"], 7)
    count_popularity(database, CLOCK)
    count_popularity(database, FixedClock(NOW + timedelta(days=40), SHANGHAI))
    with database.reading() as work:
        (row,) = work.popularity.all().values()
    assert (row.people_count, row.step) == (0, 0)


def test_steps_run_from_nobody_to_two_hundred_and_fifty_people() -> None:
    assert [step_of(people) for people in (0, 1, 2, 16, 127, 255, 100_000)] == [0, 1, 1, 5, 8, 10, 10]


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, now=NOW, database_url=str(sqlite_database.engine.url))


def job(settings: Settings, name: str) -> Job:
    return next(each for each in jobs(settings) if each.name == name)


def test_the_night_job_trains_and_publishes(sqlite_database: Database, settings: Settings) -> None:
    laid = lay_small_city(sqlite_database)
    people_save(sqlite_database, laid.offerings["brush"], 3)
    assert "is in use" in job(settings, "train").run()
    assert ArtefactStore(settings.data_dir).current_version()


def test_old_lists_are_forgotten_and_young_ones_kept(sqlite_database: Database, settings: Settings) -> None:
    with sqlite_database.writing() as work:
        for name, days in (("old", 31), ("young", 29)):
            work.shown_lists.add(ShownList(id=name, source="personal", shown_at=NOW - timedelta(days=days)))
        work.commit()
    job(settings, "forget-lists").run()
    with sqlite_database.reading() as work:
        assert work.shown_lists.find("old") is None and work.shown_lists.find("young") is not None


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Shanghai", "19"), ("UTC", "3"), ("America/New_York", "8")])
def test_training_happens_at_three_at_night_in_the_city(settings: Settings, zone: str, hour: str) -> None:
    there = settings.model_copy(update={"timezone": zone})
    assert there.zone == ZoneInfo(zone)
    assert job(there, "train").hour == hour


def test_the_doctor_asks_for_training_when_there_is_no_model(settings: Settings) -> None:
    (result,) = check(settings)
    assert not result.ok and result.remedy == "learncity train" and "No model was trained yet" in result.sentence


def test_the_doctor_finds_a_sound_model_an_old_one_and_a_damaged_one(
    sqlite_database: Database, settings: Settings
) -> None:
    people_save(sqlite_database, lay_small_city(sqlite_database).offerings["brush"], 3)
    job(settings, "train").run()
    (sound,) = check(settings)
    assert sound.ok and "is sound" in sound.sentence
    (old,) = check(settings.model_copy(update={"now": NOW + timedelta(days=31)}))
    assert not old.ok and "31 days ago" in old.sentence
    job(settings, "train").run()
    store = ArtefactStore(settings.data_dir)
    next((store.folder / store.current_version()).glob("*.npy")).write_bytes(b"\0")
    (second,) = check(settings)
    assert not second.ok and "is used instead" in second.sentence
