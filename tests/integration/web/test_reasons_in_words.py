"""Every reason the recommender can give is a sentence in both languages, and says nothing that was not given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from city.ports import Reason
from city.store.database import Database
from tests.integration.web.conftest import open_site
from web.components.reasons import Names, reason_in_words
from web.language import Words

NAMES = Names(
    offerings={7: Words("从一横开始写字", "zh-Hans")},
    venues={12: Words("湖滨图书馆", "zh-Hans")},
    operators={8: Words("湖滨图书馆", "zh-Hans")},
    topics={"calligraphy": Words("书法", "zh-Hans")},
    areas={"hubin": Words("湖滨区", "zh-Hans")},
)
REASONS = [
    *(Reason("because", offering_id=7, action=action) for action in ("attend", "enrol", "save", "view")),
    Reason("venue", venue_id=12), Reason("operator", operator_id=8), Reason("topic", topic="calligraphy"),
    Reason("near", minutes=8), Reason("soon", days=0), Reason("soon", days=1), Reason("soon", days=5),
    Reason("popular", count=31, days=30), Reason("popular", count=31, days=30, area_id="hubin"),
    Reason("others", offering_id=7, count=3), Reason("new", days=2), Reason("district", area_id="hubin"),
    Reason("same_topic", topic="calligraphy"), Reason("same_operator", operator_id=8), Reason("open"),
]  # fmt: skip


@pytest.fixture(scope="module")
def said(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """All of them in both languages."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "city.db").write_bytes(migrated_file.read_bytes())
    site = open_site(Database(f"sqlite:///{folder / 'city.db'}"), folder)
    found: dict[str, list[str]] = {}
    for language in ("zh", "en"):
        with site.app.test_request_context(f"/{language}/"):
            site.app.preprocess_request()
            found[language] = [str(reason_in_words([reason], NAMES, language)) for reason in REASONS]
            assert reason_in_words([Reason("venue", venue_id=99), Reason("unheard")], NAMES, language) is None
    site.parts.buffer.close()
    return found


def test_a_sentence_is_whole_and_in_its_language(said: dict[str, list[str]]) -> None:
    for language, end in (("zh", "。"), ("en", ".")):
        for sentence in said[language]:
            words = re.sub(r"<[^>]+>", "", sentence)
            assert words.endswith(end) and "%" not in words and "None" not in words
    assert not any(re.search("[A-Za-z]{2}", re.sub(r"<[^>]+>", "", each)) for each in said["zh"])
    assert len(set(said["zh"])) == len(set(said["en"])) == len(REASONS)


def test_who_only_looked_is_not_said_to_have_chosen(said: dict[str, list[str]]) -> None:
    counted = [each for each in said["en"] if "31 people" in each]
    assert len(counted) == 2 and all("looked at it or chose it" in each for each in counted)


def test_a_fact_of_days_counts_days(said: dict[str, list[str]]) -> None:
    assert {"It is today.", "It starts in 1 day.", "It starts in 5 days."} <= set(said["en"])
