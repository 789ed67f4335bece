"""The sample city holds what it promises: numbers, dates, what citizens did; it is laid once and moves on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from city.clock import FixedClock
from city.distances import WALKING_M_PER_MINUTE, great_circle_m, travel_minutes
from city.model import (
    Attendance,
    Consumer,
    Daypart,
    Enrolment,
    EnrolmentStatus,
    Interaction,
    Kind,
    Offering,
    Run,
    VenueType,
)
from city.store.database import Database
from fixtures import plan
from fixtures.behaviour import Step
from fixtures.canon import City, read_city
from fixtures.commands import sample
from fixtures.dice import Dice
from fixtures.factories import NOW, SHANGHAI, TODAY, an_interaction, an_offering, in_days
from fixtures.judging import QueryKind, answers_on, read_judgements
from fixtures.loading import laid_sample, load_sample
from fixtures.plan import SampleCity, plan_city
from fixtures.schedule import Planned
from fixtures.shifting import shift_sample
from fixtures.tastes import TASTE_GROUPS

CHECKSUM = "56a8ad61b89d1997e07636fd88791ecd26548b027736dc0193594acc1cf952a6"
"""Of the whole plan over day offsets; record the new one when a table or a rule of `fixtures` changes on purpose."""
LARGEST_SOURCE_BYTES = 3_000_000
WEEK = range(7)


@pytest.fixture(scope="module")
def planned() -> SampleCity:
    return plan_city()


@pytest.fixture(scope="module")
def city(planned: SampleCity) -> City:
    return planned.city


@pytest.fixture(scope="module")
def small(planned: SampleCity) -> SampleCity:
    """Every twelfth offering and what 300 citizens did with them: quick to lay again and again."""
    steps = [
        step._replace(offering=step.offering // 12)
        for step in planned.steps
        if step.citizen < 300 and step.offering % 12 == 0
    ]
    return replace(planned, offerings=planned.offerings[::12], citizens=planned.citizens[:300], steps=steps)


@pytest.fixture(scope="module")
def laid(sample_database: Database) -> Database:
    """The whole sample as `learncity sample` laid it for TODAY, for reading."""
    return sample_database


@pytest.fixture(scope="module")
def laid_offerings(laid: Database) -> list[Offering]:
    """All its offerings with their parts."""
    return whole_offerings(laid)


def whole_offerings(database: Database) -> list[Offering]:
    with database.reading() as work:
        return [offering for part in work.offerings.in_batches() for offering in part]


def clock_on(day: date) -> FixedClock:
    return FixedClock(datetime.combine(day, datetime.min.time().replace(hour=12), tzinfo=SHANGHAI), SHANGHAI)


def venue_position(city: City, offering: Planned) -> tuple[float, float] | None:
    venue = city.venues[offering.venue] if offering.venue else None
    return (venue.latitude, venue.longitude) if venue else None


def gini(values: list[int]) -> float:
    """0 when all have the same, 1 when one has all."""
    ordered = sorted(values)
    ranked = sum(rank * value for rank, value in enumerate(ordered, start=1))
    return 2 * ranked / (len(ordered) * sum(ordered)) - (len(ordered) + 1) / len(ordered)


# --- the written city


def test_the_city_has_the_areas_venues_operators_and_topics_it_promises(city: City) -> None:
    assert Counter(area.level for area in city.areas.values()) == {
        "city": 1, "district": 10, "street": 40, "community": 120,
    }  # fmt: skip
    assert len(city.venues) == 90
    assert {venue.type for venue in city.venues.values()} == set(VenueType) - {VenueType.OTHER}
    assert len(city.operators) == 60
    assert 55 <= len(city.leaf_topics()) <= 65


def test_mountain_island_and_rural_districts_are_the_under_served_ones(city: City) -> None:
    districts = [city.areas[slug] for slug in city.districts()]
    assert {area.profile for area in districts} == {"urban", "suburban", "rural", "mountain", "island"}
    assert {area.profile for area in districts if area.under_served} == {"rural", "mountain", "island"}


def test_the_city_has_1500_offerings_of_the_promised_kinds(city: City) -> None:
    assert Counter(offering.kind for offering in city.offerings) == {
        Kind.COURSE: 500, Kind.EVENT: 550, Kind.ROUTE: 60, Kind.NIGHT_SCHOOL: 390,
    }  # fmt: skip
    courses = [offering for offering in city.offerings if offering.kind == Kind.COURSE]
    assert sum(course.online for course in courses) == 120
    assert sum(bool(course.transcript) for course in courses) == 40


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_titles_are_written_one_by_one(city: City, language: str) -> None:
    titles = [offering.title[language] for offering in city.offerings]
    assert len(set(titles)) >= 1200
    alike = Counter(re.sub(r"[\d０-９]+", "", title).strip() for title in titles)
    assert max(alike.values()) <= 3


def test_the_committed_source_is_small() -> None:
    root = Path(plan.__file__).parent
    assert sum(path.stat().st_size for path in root.rglob("*") if path.suffix != ".pyc") <= LARGEST_SOURCE_BYTES


def test_every_topic_and_every_operator_has_offerings(planned: SampleCity) -> None:
    assert {topic for o in planned.offerings for topic in o.entry.topics} == set(planned.city.leaf_topics())
    assert {o.operator for o in planned.offerings} == set(planned.city.operators)


# --- the same everywhere


def test_the_plan_is_the_recorded_one(planned: SampleCity) -> None:
    assert planned.checksum() == CHECKSUM


def test_the_plan_is_the_same_in_another_process_with_other_hashing() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "from fixtures.plan import plan_city; print(plan_city().checksum())"],
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == CHECKSUM


def test_another_seed_is_another_city(planned: SampleCity) -> None:
    assert plan_city(seed=1, citizen_count=50, step_count=800).offerings != planned.offerings


# --- dates and places


@pytest.mark.parametrize("weekday", WEEK)
def test_most_offerings_are_still_to_come_on_whichever_weekday_the_city_is_laid(
    planned: SampleCity, weekday: int
) -> None:
    evening = weekday * 1440 + 20 * 60
    ahead = [o for o in planned.offerings if o.always_open or any(run.ends > evening for run in o.runs)]
    assert len(ahead) / len(planned.offerings) >= 0.85


@pytest.mark.parametrize("weekday", WEEK)
def test_every_district_has_something_soon_in_the_evening_at_the_weekend_and_for_nothing(
    planned: SampleCity, weekday: int
) -> None:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for offering in planned.offerings:
        if offering.venue is None:
            continue
        meetings = [m for run in offering.runs for m in run.meetings if weekday < m.day <= weekday + 14]
        told = found[planned.city.venues[offering.venue].district]
        told["soon"] += bool(meetings)
        told["evening"] += any(meeting.starts >= 18 * 60 for meeting in meetings)
        told["weekend"] += any(meeting.day % 7 >= 5 for meeting in meetings)
        told["free"] += bool(meetings) and all(price["amount_minor"] == 0 for price in offering.prices)
    assert set(found) == set(planned.city.districts())
    assert min(told["soon"] for told in found.values()) >= 20
    assert min(told["evening"] for told in found.values()) >= 8
    assert min(told["weekend"] for told in found.values()) >= 6
    assert min(told["free"] for told in found.values()) >= 10


def test_what_is_not_a_night_school_is_held_while_its_house_is_open(planned: SampleCity) -> None:
    outside = 0
    held = [o for o in planned.offerings if o.venue and o.entry.kind in (Kind.COURSE, Kind.EVENT)]
    for offering in held:
        hours = planned.city.venues[offering.venue or ""].hours
        for run in offering.runs:
            first = run.first
            spans = hours.get(str(first.day % 7), [])
            clock = [f"{minute // 60:02}:{minute % 60:02}" for minute in (first.starts, first.ends)]
            outside += not any(opens <= clock[0] and clock[1] <= closes for opens, closes in spans)
            break
    assert outside / len(held) <= 0.02  # where a title names an hour at which the house is closed, the title wins


def test_a_night_school_meets_in_the_evening_and_costs_no_more_than_500_yuan(planned: SampleCity) -> None:
    schools = [o for o in planned.offerings if o.entry.kind == Kind.NIGHT_SCHOOL]
    assert all(run.first.starts >= 17 * 60 for school in schools for run in school.runs)
    assert max(price["amount_minor"] for school in schools for price in school.prices) <= 50_000


def test_routes_lie_in_their_district_and_their_way_takes_the_minutes_it_says(planned: SampleCity) -> None:
    for route in (o for o in planned.offerings if o.entry.kind == Kind.ROUTE):
        assert route.walk is not None
        assert planned.city.venues[route.walk.venue].district == route.entry.place_hint
        way = [(latitude, longitude) for longitude, latitude in route.walk.path]
        length = sum(great_circle_m(a, b) for a, b in pairwise(way))
        minutes = sum(stop.walk_minutes_to_next for stop in route.entry.stops)
        assert length / WALKING_M_PER_MINUTE == pytest.approx(minutes, rel=0.02)
        for stop, position, following in zip(route.entry.stops, route.walk.stops, route.walk.stops[1:], strict=False):
            assert travel_minutes(position, following) == pytest.approx(stop.walk_minutes_to_next, abs=0.3)


# --- what the citizens did


def kept(planned: SampleCity, weekday: int) -> list[Step]:
    return [step for step in planned.steps if step.minute < weekday * 1440][-plan.INTERACTION_COUNT :]


@pytest.mark.parametrize("weekday", WEEK)
def test_120000_interactions_reach_over_half_a_year_up_to_yesterday(planned: SampleCity, weekday: int) -> None:
    steps = kept(planned, weekday)
    assert len(steps) == 120_000
    assert 176 <= weekday - steps[0].minute / 1440 <= 181
    assert weekday - steps[-1].minute / 1440 <= 1


def test_8000_citizens_fall_into_groups_that_differ_in_age_area_and_audience(planned: SampleCity) -> None:
    assert len(planned.citizens) == 8_000
    groups = defaultdict(list)
    for citizen in planned.citizens:
        groups[citizen.group].append(citizen)
    assert set(groups) == set(TASTE_GROUPS)
    assert 12 <= len(groups) <= 16
    typical = {
        (
            round(median(citizen.age for citizen in people), -1),
            Counter(planned.city.district(citizen.area) for citizen in people).most_common(1)[0][0],
            Counter(citizen.audiences for citizen in people).most_common(1)[0][0],
        )
        for people in groups.values()
    }
    assert len(typical) >= 12


def test_citizens_live_inside_their_community(planned: SampleCity) -> None:
    for citizen in planned.citizens[::37]:
        area = planned.city.areas[citizen.area]
        assert great_circle_m((citizen.latitude, citizen.longitude), (area.latitude, area.longitude)) < 9_000


def test_few_offerings_are_known_to_all_and_many_to_few(planned: SampleCity) -> None:
    count = Counter(step.offering for step in kept(planned, 1))
    assert 0.6 <= gini([count[row] for row in range(len(planned.offerings))]) <= 0.8


def test_a_fifth_of_what_people_do_lies_outside_their_own_topics(planned: SampleCity) -> None:
    steps = kept(planned, 1)
    outside = sum(
        not set(planned.offerings[step.offering].entry.topics)
        & set(TASTE_GROUPS[planned.citizens[step.citizen].group].topics)
        for step in steps
    )
    assert 0.15 <= outside / len(steps) <= 0.30


def test_people_go_half_as_far_as_to_a_venue_taken_at_random(planned: SampleCity) -> None:
    city, dice = planned.city, Dice(1, "random venues")
    venues = list(city.venues.values())
    chosen, anywhere = [], []
    for step in kept(planned, 1)[::7]:
        home = planned.citizens[step.citizen].latitude, planned.citizens[step.citizen].longitude
        if (there := venue_position(city, planned.offerings[step.offering])) is not None:
            venue = dice.choose(venues)
            chosen.append(great_circle_m(home, there))
            anywhere.append(great_circle_m(home, (venue.latitude, venue.longitude)))
    assert median(chosen) <= median(anywhere) / 2


def test_every_step_has_its_kind_source_and_position_and_follows_from_a_look(planned: SampleCity) -> None:
    looked: set[tuple[int, int]] = set()
    for step in planned.steps:
        assert step.kind in {"view", "save", "enrol", "attend", "dismiss"}
        assert (step.position is None) == (step.list_id is None)
        assert step.kind == "view" or (step.citizen, step.offering) in looked
        looked.add((step.citizen, step.offering))
    kinds = Counter(step.kind for step in planned.steps)
    assert kinds["view"] > kinds["save"] > kinds["dismiss"]
    assert kinds["view"] > kinds["enrol"]


def test_people_look_at_the_site_more_at_weekends(planned: SampleCity) -> None:
    looks = Counter(step.minute // 1440 % 7 for step in planned.steps if step.kind == "view")
    assert min(looks[5], looks[6]) > 1.2 * max(looks[day] for day in range(5))


# --- in the database


def test_the_whole_sample_is_in_the_database(laid: Database) -> None:
    with laid.reading() as work:
        assert work.offerings.count() == 1_500
        drawn = sum(place.ballot_entry_id is not None for place in _seated(work.bulk.enrolments_until(1 << 40)))
        assert work.interactions.count() == 120_000 + drawn
        assert len(work.citizens.all()) == 8_000
        assert len(work.areas.all()) == 171
        assert all(topic.synonyms["zh-Hans"] and topic.synonyms["en"] for topic in work.topics.all())
        fact = laid_sample(work)
    assert fact is not None
    assert (fact.laid_on, fact.monday, fact.checksum) == (TODAY, date(2026, 11, 23), CHECKSUM)


def test_the_named_citizens_introduce_themselves_in_both_languages_and_have_done_much(laid: Database) -> None:
    with laid.reading() as work:
        people = work.citizens.samples()
        assert 12 <= len(people) <= 16
        for person in people:
            assert set(person.name) == set(person.introduction) == {"zh-Hans", "en"}
            assert len(work.interactions.of_citizen(person.id)) >= 35
            assert person.contact_confirmed


def test_one_contact_in_twenty_is_not_confirmed(laid: Database) -> None:
    with laid.reading() as work:
        confirmed = [citizen.contact_confirmed for citizen in work.citizens.all()]
    assert 0.04 <= confirmed.count(False) / len(confirmed) <= 0.06


def test_the_count_of_taken_places_is_the_number_of_enrolments(laid: Database) -> None:
    with laid.reading() as work:
        runs = work.bulk.sample_runs()
        places = work.bulk.enrolments_until(1 << 40)
    held = Counter(place.run_id for place in _seated(places) for _ in range(place.party_size))
    assert {run.id: run.taken_count for run in runs if run.taken_count} == dict(held)


def _seated(places: list[Enrolment]) -> list[Enrolment]:
    return [place for place in places if place.status not in (EnrolmentStatus.CANCELLED, EnrolmentStatus.WAITLISTED)]


def test_seats_are_mostly_free_some_are_few_and_some_offerings_are_full(laid_offerings: list[Offering]) -> None:
    ahead = [o for o in laid_offerings if o.is_listable(NOW)]
    full = [offering for offering in ahead if not offering.has_seats(NOW)]
    left = [offering.next_run(NOW).seats_left() for offering in ahead if offering.next_run(NOW)]  # type: ignore[union-attr]
    assert 0.04 <= len(full) / len(ahead) <= 0.08
    assert 0.04 <= sum(few is not None and 1 <= few <= 3 for few in left) / len(ahead) <= 0.12
    assert len(ahead) / 1_500 >= 0.85


def test_many_night_schools_can_be_enrolled_for_now_and_close_within_two_weeks(laid_offerings: list[Offering]) -> None:
    schools = [o for o in laid_offerings if o.kind == Kind.NIGHT_SCHOOL]
    open_now = [run for school in schools for run in school.runs if run.takes_enrolments(NOW)]
    closing = [run for run in open_now if run.enrol_closes_at and run.enrol_closes_at <= NOW + timedelta(days=14)]
    assert len(open_now) >= 100
    assert len(closing) >= 40


def test_every_named_citizen_has_something_within_reach_on_foot_or_by_bus(
    laid: Database, laid_offerings: list[Offering]
) -> None:
    offerings = [o for o in laid_offerings if o.is_listable(NOW) and o.venue]
    with laid.reading() as work:
        for person in work.citizens.samples():
            minutes = [travel_minutes(person.home(), offering.venue.position()) for offering in offerings]  # type: ignore[union-attr]
            assert sum(minute is not None and minute <= person.reach_minutes for minute in minutes) >= 10, person.slug


# --- laid once, moved when old


def test_laying_it_again_writes_nothing(database: Database, small: SampleCity) -> None:
    first = load_sample(database, TODAY, SHANGHAI, sample=small)
    again = load_sample(database, in_days(3), SHANGHAI, sample=small)
    assert again == first
    with database.reading() as work:
        assert work.offerings.count() == len(small.offerings)
        assert work.outbox.waiting(Consumer.INDEX)[0] == len(small.offerings)


def test_of_two_loads_at_once_one_lays_the_city_and_the_other_finds_it(database: Database, small: SampleCity) -> None:
    def load_it_meanwhile(what: str, done: int, total: int) -> None:
        if what == "planning" and done == total:
            load_sample(database, TODAY, SHANGHAI, sample=small)

    load_sample(database, in_days(1), SHANGHAI, load_it_meanwhile, sample=small)
    with database.reading() as work:
        assert work.offerings.count() == len(small.offerings)


def test_an_interrupted_load_leaves_nothing_and_the_next_one_finishes(database: Database, small: SampleCity) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what == "interactions" and done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_sample(database, TODAY, SHANGHAI, interrupt, sample=small)
    with database.reading() as work:
        assert work.offerings.count() == 0
        assert laid_sample(work) is None
    load_sample(database, TODAY, SHANGHAI, sample=small)
    with database.reading() as work:
        assert work.offerings.count() == len(small.offerings)


def test_what_is_there_already_is_used_and_not_overwritten(database: Database, small: SampleCity) -> None:
    with database.writing() as work:
        by_hand = an_offering("夜里写字", topics=[])
        by_hand.operator.phone = "0300 000 0000"
        work.offerings.add(by_hand)
        work.commit()
    load_sample(database, TODAY, SHANGHAI, sample=small)
    with database.reading() as work:
        operator = work.operators.by_slug("hubin-library")
        assert operator is not None
        assert operator.phone == "0300 000 0000"
        assert len(work.operators.all()) == 60


def meeting_days(database: Database) -> dict[tuple[str | None, int], list[tuple[date, object, object]]]:
    return {
        (offering.source_id, number): [(m.held_on, m.starts_local, m.over_at) for m in run.class_sessions]
        for offering in whole_offerings(database)
        for number, run in enumerate(offering.runs)
    }


def test_a_sample_of_twenty_days_ago_is_moved_to_where_a_new_one_would_lie(
    database: Database, sqlite_database: Database, small: SampleCity, tmp_path: Path, migrated_file: Path
) -> None:
    load_sample(database, in_days(-20), SHANGHAI, sample=small)
    moved = shift_sample(database, clock_on(TODAY))
    shutil.copy(migrated_file, fresh_path := tmp_path / "fresh.db")
    fresh = Database(f"sqlite:///{fresh_path}")
    load_sample(fresh, TODAY, SHANGHAI, sample=small)
    assert moved is not None
    assert (moved.laid_on, moved.monday) == (TODAY, date(2026, 11, 23))
    assert meeting_days(database) == meeting_days(fresh)
    fresh.dispose()


def test_a_moved_sample_has_new_versions_announced_and_its_log_moved_with_it(
    database: Database, small: SampleCity
) -> None:
    load_sample(database, in_days(-20), SHANGHAI, sample=small)
    with database.reading() as work:
        before = work.interactions.of_citizen(work.citizens.samples()[0].id)
    shift_sample(database, clock_on(TODAY))
    with database.reading() as work:
        after = work.interactions.of_citizen(work.citizens.samples()[0].id)
        assert set(work.offerings.versions().values()) == {2}
        assert work.outbox.waiting(Consumer.INDEX)[0] == 2 * len(small.offerings)
    assert [new.happened_at - old.happened_at for old, new in zip(before, after, strict=True)] == [
        timedelta(weeks=3)
    ] * len(before)


def test_rows_made_by_hand_stay_where_they_are_when_the_sample_moves(database: Database, small: SampleCity) -> None:
    load_sample(database, in_days(-20), SHANGHAI, sample=small)
    with database.writing() as work:
        by_hand = an_offering("手写的课", operator_id=1, venue_id=1, days=[in_days(5)])
        work.offerings.add(by_hand)
        work.flush()
        click: Interaction = an_interaction(work.citizens.samples()[0].id, by_hand.id)
        work.interactions.add(click)
        work.commit()
    shift_sample(database, clock_on(TODAY))
    with database.reading() as work:
        kept_offering = work.offerings.get(by_hand.id)
        assert [meeting.held_on for meeting in kept_offering.meetings()] == [in_days(5)]
        assert kept_offering.version == 1
        last = work.interactions.of_citizen(work.citizens.samples()[0].id)[-1]
        assert (last.id, last.happened_at) == (click.id, NOW - timedelta(days=1))


def test_a_sample_moves_back_when_the_clock_was_set_back(sqlite_database: Database, small: SampleCity) -> None:
    load_sample(sqlite_database, TODAY, SHANGHAI, sample=small)
    moved = shift_sample(sqlite_database, clock_on(date(2025, 12, 16)))
    assert moved is not None
    assert moved.monday == date(2025, 12, 15)


def closing_hour(run: Run, zone: ZoneInfo) -> time | None:
    return run.enrol_closes_at.astimezone(zone).time() if run.enrol_closes_at else None


def test_a_city_whose_clocks_change_keeps_its_hours_when_the_sample_moves(
    sqlite_database: Database, small: SampleCity
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    load_sample(sqlite_database, date(2026, 10, 5), berlin, sample=small)
    with sqlite_database.reading() as work:
        before = {meeting.id: meeting for meeting in work.bulk.sample_meetings()}
        closed = [closing_hour(run, berlin) for run in work.bulk.sample_runs()]
    shift_sample(sqlite_database, FixedClock(datetime(2026, 11, 4, 12, tzinfo=berlin), berlin))
    with sqlite_database.reading() as work:
        for meeting in work.bulk.sample_meetings():
            assert meeting.starts_at is not None
            assert meeting.starts_at.astimezone(berlin).time() == meeting.starts_local
            assert meeting.held_on - before[meeting.id].held_on == timedelta(weeks=4)
        assert [closing_hour(run, berlin) for run in work.bulk.sample_runs()] == closed


# --- the verb


@pytest.fixture
def on_a_copy(small: SampleCity, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laid sample in the database that the settings name."""
    load_sample(sqlite_database, TODAY, SHANGHAI, sample=small)
    monkeypatch.setenv("LEARNCITY_DATABASE_URL", sqlite_database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LEARNCITY_NOW", NOW.isoformat())


def test_the_verb_says_that_the_city_is_there_already(on_a_copy: None) -> None:
    said = CliRunner().invoke(sample, [])
    assert said.exit_code == 0
    assert "is there already, laid for 24 November 2026" in said.stderr
    assert said.stdout == ""


def test_the_verb_lists_the_citizens_one_can_sign_in_as(on_a_copy: None) -> None:
    said = CliRunner().invoke(sample, ["--citizens"])
    assert "shen-moyun  沈墨云" in said.stdout


@pytest.mark.parametrize(
    ("days", "options", "state"),
    [
        (2, ["--force-shift"], "present"),
        (7, [], "present"),
        (7, ["--force-shift"], "shifted"),
        (8, [], "shifted"),
        (-30, [], "shifted"),
    ],
)
def test_the_verb_moves_a_sample_that_is_more_than_a_week_old_or_when_told_to(
    on_a_copy: None, monkeypatch: pytest.MonkeyPatch, days: int, options: list[str], state: str
) -> None:
    monkeypatch.setenv("LEARNCITY_NOW", (NOW + timedelta(days=days)).isoformat())
    said = CliRunner().invoke(sample, ["--json", *options])
    assert said.exit_code == 0
    assert f'"state": "{state}"' in said.stdout


def test_the_verb_asks_for_init_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEARNCITY_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    said = CliRunner().invoke(sample, [])
    assert said.exit_code != 0
    assert "type `learncity init`" in str(said.exception)


def test_the_written_city_can_be_read_alone() -> None:
    assert len(read_city().offerings) == 1_500


# --- judged questions


def test_there_are_judged_questions_of_every_kind_and_every_answer_is_an_offering(city: City) -> None:
    judged = read_judgements(slugs={offering.slug for offering in city.offerings})
    kinds = Counter(query.kind for query in judged)
    assert len(judged) >= 120
    assert set(kinds) == set(QueryKind)
    assert min(kinds.values()) >= 10
    assert all(query.grades for query in judged if query.kind != QueryKind.NO_ANSWER)


def test_every_judged_question_with_an_answer_has_one_on_the_day_it_is_asked(laid_offerings: list[Offering]) -> None:
    listable = {str(offering.source_id) for offering in laid_offerings if offering.is_listable(NOW)}
    for query in read_judgements():
        assert query.kind == QueryKind.NO_ANSWER or answers_on(query, listable), query.text


def fitting_meeting(offering: Offering, filters: Mapping[str, Any]) -> bool:
    """One upcoming meeting passes weekday, daypart and days together; what is always open passes always."""
    first, last = in_days(filters.get("from_on", -9_999)), in_days(filters.get("to_on", 9_999))
    return offering.always_open or any(
        first <= meeting.held_on <= last
        and meeting.weekday() in filters.get("weekdays", WEEK)
        and meeting.daypart() in filters.get("dayparts", list(Daypart))
        for meeting in offering.upcoming_meetings(NOW)
    )


def reachable(offering: Offering, filters: Mapping[str, Any]) -> bool:
    minutes = travel_minutes(filters["near"], offering.venue.position() if offering.venue else None)
    return minutes is None or minutes <= filters["within_minutes"]


def test_answers_pass_the_filters_of_their_question(city: City, laid: Database, laid_offerings: list[Offering]) -> None:
    with laid.reading() as work:
        districts = {venue.id: city.district(venue.area_id or "") for venue in work.venues.all()}
    by_slug = {str(offering.source_id): offering for offering in laid_offerings}
    for query in read_judgements():
        for slug in answers_on(query, {slug for slug, offering in by_slug.items() if offering.is_listable(NOW)}):
            offering, filters = by_slug[slug], query.filters
            assert fitting_meeting(offering, filters), (query.text, slug)
            assert "areas" not in filters or districts.get(offering.venue_id or 0) in filters["areas"]
            assert offering.kind in filters.get("kinds", list(Kind))
            assert offering.attendance in filters.get("attendance", list(Attendance))
            assert "only_free" not in filters or offering.is_free()
            assert "near" not in filters or reachable(offering, filters)
