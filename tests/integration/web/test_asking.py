"""What the site tells the recommender of somebody: with the switch off no more than of a stranger in the district."""

from __future__ import annotations

from dataclasses import replace

from city.ports import Position
from tests.integration.web.conftest import Site
from web.access import Person
from web.visitor import NOBODY


def test_with_the_switch_off_a_citizen_asks_what_a_stranger_from_the_same_district_asks(site: Site) -> None:
    with site.database.writing() as work:
        citizen = work.citizens.get(site.city.citizens["shen"])
        citizen.audiences, citizen.reach_minutes = ["older_people"], 90
        citizen.latitude, citizen.longitude, citizen.personal_suggestions = 30.6, 120.9, False
        work.commit()
    with site.app.test_request_context():
        asked = Person(citizen, NOBODY).asks_for(6)
        stranger = Person(None, replace(NOBODY, area_id="hubin")).asks_for(6)
    assert citizen.area_id != "hubin"
    assert replace(stranger, personal=False) == asked


def test_with_the_switch_on_the_request_says_who_asks_from_where_and_for_which_group(site: Site) -> None:
    with site.database.writing() as work:
        citizen = work.citizens.get(site.city.citizens["shen"])
        citizen.audiences, citizen.latitude, citizen.longitude = ["older_people"], 30.6, 120.9
        work.commit()
    with site.app.test_request_context():
        asked = Person(citizen, NOBODY).asks_for(6)
    assert (asked.citizen_id, asked.audiences) == (citizen.id, {"older_people"})
    assert asked.near == Position(30.6, 120.9)
