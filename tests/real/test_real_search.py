"""A real city's programme is found by its titles: in either language, with a letter wrong, by how it sounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from city import analysis
from city.cli import learncity
from city.clock import FixedClock
from city.ports import SearchRequest
from city.store.database import Database
from fixtures.factories import SHANGHAI
from indexer.document import Document, Surroundings, to_document
from indexer.engines.asking import ask
from indexer.engines.protocol import Change
from indexer.engines.tantivy import TantivyEngine
from indexer.query import build_query
from indexer.synonyms import Synonyms

pytestmark = pytest.mark.real_data
NOW = datetime(2025, 12, 16, 9, tzinfo=SHANGHAI)
EVERY = 4
"""Every so many of the programme's offerings are looked for."""
FIRST = 3


class Programme:
    """The offerings of a programme that can be found, in an engine."""

    def __init__(self, documents: list[Document], synonyms: Synonyms, folder: Path) -> None:
        self.documents = {each.offering_id: each for each in documents}
        self._synonyms = synonyms
        self._engine = TantivyEngine(folder, FixedClock(NOW, SHANGHAI))
        rebuild = self._engine.begin_rebuild()
        rebuild.add([Change(id_, 1, each) for id_, each in self.documents.items()])
        rebuild.commit()

    def share_found(self, tag: str, typed: Callable[[str], str], alike: Callable[[str], str] = str) -> float:
        """Of the titles in a language, the share of which one that is alike stands first for what is typed."""
        titles = [each.titles[tag] for each in list(self.documents.values())[::EVERY] if len(each.titles) > 1]
        asked = [(title, typed(title)) for title in titles if typed(title)]
        assert len(asked) > 150
        return sum(alike(title) in map(alike, self._first(text, tag)) for title, text in asked) / len(asked)

    def _first(self, text: str, tag: str) -> list[str]:
        query = build_query(
            SearchRequest(text=text, per_page=FIRST), now=NOW, zone=SHANGHAI, synonyms=self._synonyms, facets=()
        )
        return [self.documents[hit.offering_id].titles.get(tag, "") for hit in ask(self._engine, query)[0].hits]


@pytest.fixture(scope="module")
def programme(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programme]:
    """The programme of one week, imported and indexed."""
    folder = tmp_path_factory.mktemp("programme")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEARNCITY_DATA_DIR", str(folder))
        patch.setenv("LEARNCITY_NOW", NOW.isoformat())
        for words in (["init"], ["import", "lcsd", str(real_data / "feeds/hk_lcsd/2025-12-16"), "--operator", "lcsd"]):
            CliRunner().invoke(learncity, words, catch_exceptions=False)
    database = Database(f"sqlite:///{folder / 'learncity.db'}")
    with database.reading() as work:
        topics = work.topics.all()
        around = Surroundings.of(work.areas.all(), topics, work.venues.all())
        made = (
            to_document(each, now=NOW, surroundings=around) for some in work.offerings.in_batches() for each in some
        )
        documents = [each for each in made if each is not None]
    yield Programme(documents, Synonyms.of(topics), folder / "index")
    database.dispose()


def chinese(documents: dict[int, Document]) -> str:
    return next(tag for each in documents.values() for tag in each.titles if tag.startswith("zh"))


def one_letter_wrong(title: str) -> str:
    """The title with the last letter of its longest word replaced."""
    longest = max(title.split(), key=len)
    return title.replace(longest, longest[:-1] + ("x" if longest[-1] != "x" else "y"), 1)


def first_four_sounds(title: str) -> str:
    """The pinyin of the first four Chinese characters in a row of a title, "" when it has no such four."""
    runs = [run.text for run in analysis.runs(analysis.fold(title)) if run.is_han]
    return analysis.sound(runs[0][:4]) if runs and len(runs[0]) >= 4 else ""


def test_an_event_is_found_by_its_title_in_either_language(programme: Programme) -> None:
    assert programme.share_found(chinese(programme.documents), str) >= 0.99
    assert programme.share_found("en", str) >= 0.99


def test_an_event_is_found_with_one_letter_of_its_title_wrong(programme: Programme) -> None:
    assert programme.share_found("en", one_letter_wrong) >= 0.95


def test_an_event_is_found_by_the_pinyin_of_its_first_four_characters(programme: Programme) -> None:
    tag = chinese(programme.documents)  # whole series begin alike: any of them is what was typed
    assert programme.share_found(tag, first_four_sounds, alike=first_four_sounds) >= 0.90
