"""The table of words that mean the same is true to its own rules, and asks for what it says."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

from fixtures.factories import a_topic
from indexer.synonyms import Synonyms, phrase_of

ASKED = ">"


def groups() -> list[list[str]]:
    lines = files("indexer").joinpath("synonyms.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("|") for line in lines if line.strip() and not line.startswith("#")]


def test_the_table_knows_many_learning_topics_in_both_languages() -> None:
    assert len(groups()) >= 300
    both = [group for group in groups() if any(each.isascii() for each in group) and not "".join(group).isascii()]
    assert len(both) >= 0.98 * len(groups())


def test_no_side_of_a_group_is_empty_and_none_has_only_one() -> None:
    for group in groups():
        assert len(group) > 1 and all(each == each.strip() and phrase_of(each.lstrip(ASKED)) for each in group), group


def test_no_phrase_stands_in_two_groups_or_twice_in_one() -> None:
    found = Counter(phrase_of(each.lstrip(ASKED)) for group in groups() for each in group)
    assert [phrase for phrase, times in found.items() if times > 1] == []


def test_what_only_asks_for_a_group_is_not_looked_for_by_it() -> None:
    synonyms = Synonyms.of()
    assert ("法语",) in synonyms.meaning(("french",)).others
    assert ("french",) not in synonyms.meaning(("法语",)).others


def test_a_word_names_the_topics_that_its_synonyms_name() -> None:
    health = a_topic("mental_health", {"zh-Hans": "心理健康"}, parent_id=None)
    health.synonyms = {"zh-Hans": ["失眠"]}
    assert Synonyms.of([health]).meaning(("insomnia",)).topics == {"mental_health"}


def test_an_unknown_word_is_near_to_topics_that_are_called_alike() -> None:
    japanese, clay = (
        a_topic(id_, {"zh-Hans": name}, parent_id=None) for id_, name in (("ja", "日语"), ("clay", "陶艺"))
    )
    chi = a_topic("tai_chi", {"zh-Hans": "太极拳", "en": "Tai chi"}, parent_id=None)
    synonyms = Synonyms.of([japanese, clay, chi])
    assert synonyms.topics_alike("德语") == ["ja"]
    assert synonyms.topics_alike("跆拳道") == ["tai_chi"]
    assert synonyms.topics_alike("submarine") == synonyms.topics_alike("") == []
