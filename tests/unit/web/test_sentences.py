"""Nothing on a page stays untranslated: every sentence of code and templates has its Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import city
import web
from city.model import AccessFeature, AreaLevel, Attendance, Audience, Daypart, Kind, VenueType
from web import vocabulary

ROOT = Path(web.__file__).parent
CALLS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "sentence": None,
    "message": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
CHINESE = re.compile("[\u3400-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)s")


def sentences() -> Iterator[tuple[str, str, str]]:
    """Yield (where, context, sentence) of everything that is said."""
    options = {"**/templates/**.html": {"silent": "false"}}
    for file, line, said, _, context in extract_from_dir(ROOT, METHODS, options, keywords=CALLS):
        yield f"{file}:{line}", context or "", said[0] if isinstance(said, tuple) else said


def catalogue() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for file in (ROOT / "translations" / "zh" / "LC_MESSAGES").glob("*.po"):
        with file.open("rb") as source:
            for entry in read_po(source, locale="zh"):
                said = entry.id[0] if isinstance(entry.id, tuple) else entry.id
                chinese = entry.string[0] if isinstance(entry.string, tuple) else entry.string
                found[entry.context or "", said] = str(chinese or "")
    return found


def test_every_sentence_has_its_chinese() -> None:
    known = catalogue()
    missing = [f"{where}: {said!r}" for where, context, said in sentences() if not known.get((context, said))]
    assert not missing, "\n".join(missing)


def written_below() -> set[str]:
    """Return every text that stands in the code of the ground floor: its sentences are translated where they show."""
    trees = (ast.parse(file.read_text("utf-8")) for file in Path(city.__file__).parent.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_no_sentence_of_the_catalogue_is_left_over() -> None:
    said = {(context, text) for _, context, text in sentences()} | {("", "")}
    said |= {("", text) for text in written_below()}
    assert not [entry for entry in catalogue() if entry not in said]


def test_a_translation_keeps_every_place_for_a_word_or_a_figure() -> None:
    for (_, english), chinese in catalogue().items():
        assert set(PLACE.findall(chinese)) <= set(PLACE.findall(english)), english
        assert set(PLACE.findall(english)) <= set(PLACE.findall(chinese)), english


def test_english_sentences_hold_no_chinese_and_use_no_curly_quotes() -> None:
    for where, _, said in sentences():
        assert not CHINESE.search(said) and not set("“”‘’") & set(said), where


def test_chinese_sentences_use_full_width_punctuation() -> None:
    wrong = [chinese for chinese in catalogue().values() if re.search("[一-龥][,;:?!]", chinese)]
    assert not wrong


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (vocabulary.KINDS, Kind),
        (vocabulary.KINDS_TOGETHER, Kind),
        (vocabulary.AUDIENCES, Audience),
        (vocabulary.DAYPARTS, Daypart),
        (vocabulary.ATTENDANCE, Attendance),
        (vocabulary.ACCESS, AccessFeature),
        (vocabulary.VENUE_TYPES, VenueType),
        (vocabulary.AREA_LEVELS, AreaLevel),
    ],
)
def test_every_value_of_a_list_has_words_in_both_languages(table: vocabulary.Table, values: type[Kind]) -> None:
    assert set(table) == {str(value) for value in values}
    assert all(row["zh"] and row["en"] for row in table.values())
