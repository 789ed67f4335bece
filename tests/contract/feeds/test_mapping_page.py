"""The page on mapping files says what is so: its examples can be used, its fields are all there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indexer.sources.mapping import FIELDS, TAGS, TableMapping

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "imports.md").read_text("utf-8")
CHAPTER = PAGE[PAGE.index("## Mapping files") : PAGE.index("## Limits")]
EXAMPLES = re.findall(r"```toml\n(.*?)```", CHAPTER, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_is_a_mapping(example: str) -> None:
    assert TableMapping.parse(example, "docs/imports.md").columns


def test_the_page_holds_examples_of_both_kinds() -> None:
    assert len(EXAMPLES) >= 2


def test_the_table_names_each_field_once() -> None:
    cells = [row.split("|")[1] for row in CHAPTER.splitlines() if row.startswith("| `")]
    named = [field for cell in cells for field in re.findall(r"`([a-z_]+)`", cell)]
    assert sorted(named) == sorted(field for field in FIELDS if not field.endswith(tuple(f".{tag}" for tag in TAGS)))


def test_the_page_names_each_key() -> None:
    for key in TableMapping.__dataclass_fields__:
        assert re.search(rf"\b{key}\b", CHAPTER), key
