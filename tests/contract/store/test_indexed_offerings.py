"""What is read for the index is what the catalogue holds, by the same rules, on every database."""

from __future__ import annotations

from city.model import LocalisedText, Offering
from city.model.indexed import IndexedOffering
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from fixtures.factories import NOW, a_run, a_stop, an_offering, an_operator, in_days

SHARED = (
    *("id", "version", "kind", "status", "operator_id", "venue_id", "merged_into_id", "title", "summary"),
    *("description", "bring", "transcript", "languages", "audiences", "attendance", "always_open", "price_tiers"),
    *("access_features", "picture", "created_at", "published_at"),
)
OF_MEETING = ("held_on", "starts_local", "ends_local", "starts_at", "over_at")


def lay(work: UnitOfWork, title: str, **values: object) -> int:
    operator = work.operators.by_slug("hubin") or an_operator("hubin")
    offering = an_offering(title, topics=(), operator=operator, **values)
    work.published_first(offering, NOW)
    return offering.id


def both(database: Database, offering_id: int) -> tuple[Offering, IndexedOffering]:
    with database.reading() as work:
        (indexed,) = work.indexed_offerings.many([offering_id], NOW)
        return work.offerings.get(offering_id), indexed


def told(offering: Offering | IndexedOffering) -> dict[str, object]:
    """What a document asks of an offering: its columns, its parts, and what the rules make of them."""
    venue = offering.venue
    return {
        **{name: getattr(offering, name) for name in SHARED},
        "meetings": [[getattr(each, name) for name in OF_MEETING] for each in offering.upcoming_meetings(NOW)],
        "meeting titles": [title for run in offering.runs for title in run.meeting_titles()],
        "seats": (offering.has_seats(NOW), offering.is_listable(NOW)),
        "free": offering.is_free(),
        "features": offering.features(),
        "topics": list(offering.topic_ids()),
        "operator": offering.operator.name,
        "venue": (venue.name, venue.area_id, venue.position()) if venue else None,
        "stops": [(each.venue_id, each.name, each.text, each.latitude, each.longitude) for each in offering.stops],
    }


def test_a_course_is_read_as_the_catalogue_has_it(database: Database) -> None:
    with database.writing() as work:
        runs = [a_run(in_days(-3), in_days(9), in_days(2), taken=12), a_run(in_days(2), starts=None)]
        runs[0].class_sessions[0].title = LocalisedText({"en": "How ink is made"})
        course = lay(work, "Ink", runs=runs, picture={"address": "https://a.example/p", "text": {"en": "ink"}})
        work.commit()
    offering, indexed = both(database, course)
    assert told(indexed) == told(offering)
    assert len(indexed.upcoming_meetings(NOW)) == 3
    assert [dict(title) for title in indexed.runs[0].meeting_titles()] == [{"en": "How ink is made"}]


def test_a_cancelled_run_and_a_full_one_leave_no_seat(database: Database) -> None:
    with database.writing() as work:
        full = lay(work, "Tea", runs=[a_run(cancelled=True), a_run(seats=5, taken=5)])
        work.commit()
    offering, indexed = both(database, full)
    assert told(indexed) == told(offering) and not indexed.has_seats(NOW)


def test_a_route_without_a_house_keeps_its_stops_in_order(database: Database) -> None:
    with database.writing() as work:
        stops = [a_stop(2, "Mill"), a_stop(1, "Bridge", text=LocalisedText({"en": "Three arches"}))]
        walk = lay(work, "Walk", kind="route", venue=None, stops=stops)
        work.commit()
    offering, indexed = both(database, walk)
    assert told(indexed) == told(offering)
    assert [stop.name["en"] for stop in indexed.stops] == ["Bridge", "Mill"]


def test_offerings_come_in_the_order_asked_for_and_one_that_is_gone_is_left_out(database: Database) -> None:
    with database.writing() as work:
        ink, tea = lay(work, "Ink"), lay(work, "Tea")
        work.commit()
    with database.reading() as work:
        assert [each.id for each in work.indexed_offerings.many([tea, 999, ink], NOW)] == [tea, ink]


def test_meetings_that_are_over_are_not_read(database: Database) -> None:
    with database.writing() as work:
        over = lay(work, "Past", days=[in_days(-9), in_days(-3)])
        work.commit()
    _, indexed = both(database, over)
    assert indexed.meetings() == [] and not indexed.is_listable(NOW)
