"""Every city starts with the list of topics; what it changed in it stays."""

from __future__ import annotations

from city.model import LocalisedText
from city.services.permissions import Actor
from city.services.topic_list import lay_topic_list
from city.store.database import Database
from city.topic_entries import read_topic_list


def test_a_new_city_has_the_list_and_laying_it_again_adds_nothing(database: Database) -> None:
    assert lay_topic_list(database, Actor.system()) == len(read_topic_list())
    assert lay_topic_list(database, Actor.system()) == 0


def test_a_topic_that_the_city_renamed_keeps_its_name(database: Database) -> None:
    lay_topic_list(database, Actor.system())
    with database.writing() as work:
        work.topics.get("calligraphy").name = LocalisedText({"zh-Hans": "写字"})
        work.commit()
    lay_topic_list(database, Actor.system())
    with database.reading() as work:
        assert work.topics.get("calligraphy").name["zh-Hans"] == "写字"
