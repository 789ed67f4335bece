"""Sixty feeds made to break a reader, of every format: each is refused or read, none crashes, hangs or goes unsaid."""

from __future__ import annotations

import pytest

from indexer.sources import formats
from tests.faults.good_feeds import GOOD, TEXT
from tests.faults.hostile_feeds import Case, Outcome, attacks, damaged, outcomes

NAMED = {
    "csv": ("NUL", "one cell less", "a cell of 9 MB", "quotes without end"),
    "excel": ("a part packed 1,000 times", "a part that lies about its size", "parts outside", "entities",
              "a cell at the far end"),
    "geojson": ("depth 100,000", "NaN", "half of a letter"),
    "ical": ("rule FREQ=SECONDLY", "a million empty events", "350,000 empty events", "bait for nested quantifiers",
             "half a million folds", "a zone that changes each second"),
    "jsonld": ("lists 100,000 deep", "a key twice", "a graph that doubles", "a page nested 1,000,000 deep"),
    "lcsd": ("laughs", "type in UTF-16", "bait for readers of days"),
    "oaipmh": ("outside entity", "depth 200", "100,000 attributes"),
    "routeguide": ("infinity", "object for words"),
    "rpde": ("a million numbers", "5,000 digits"),
    "rss": ("laughs", "a million tags", "100,000 attributes", "unclosed CDATA"),
}  # fmt: skip
DAMAGED = 24
GOOD_ONE = "good"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """What became of the named attacks and of the damaged feeds, read by one process started for them."""
    named = [case for case in attacks(sorted(GOOD)) if case.name in NAMED[case.format]]
    assert len(named) == sum(map(len, NAMED.values()))
    cases = [*named, *damaged(DAMAGED, seed=1, formats=sorted(GOOD))]
    assert len(cases) >= 60
    good = [Case(GOOD_ONE, name, make(TEXT)) for name, make in GOOD.items()]
    return outcomes([*cases, *good], tmp_path_factory.mktemp("hostile"))


def test_every_format_that_can_be_imported_is_attacked() -> None:
    assert set(formats()) == set(GOOD)


def test_each_is_refused_or_read_and_none_crashes_or_hangs(read: list[Outcome]) -> None:
    assert [one for one in read if one.ending not in ("refused", "accepted")] == []


def test_each_is_decided_within_a_second_of_computing(read: list[Outcome]) -> None:
    assert [one for one in read if one.cpu_seconds >= 1] == []


def test_each_refusal_says_where_and_why(read: list[Outcome]) -> None:
    assert [one for one in read if not one.is_told] == []


def test_an_attack_never_brings_in_what_it_attacked_with(read: list[Outcome]) -> None:
    """A whole file is refused, or the record that attacks is: nothing of a bomb stands among the records."""
    named = {name for names in NAMED.values() for name in names}
    odd = [one for one in read if one.name in named and one.ending == "accepted" and not one.places]
    assert {one.name for one in odd} <= {"100,000 attributes", "object for words", "unclosed CDATA"}


def test_the_good_feeds_they_were_made_from_are_read(read: list[Outcome]) -> None:
    good = [one for one in read if one.name == GOOD_ONE]
    assert len(good) == len(GOOD)
    assert [one for one in good if one.ending != "accepted" or not one.record_count or one.places] == []
