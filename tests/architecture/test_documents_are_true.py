"""Documentation that cannot rot: every setting, verb and class has its line, and no line names what is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import city.model
from city.cli import learncity
from city.config import DEFAULT_LIMITS, PREFIX, Settings
from city.localised import LocalisedText
from city.model.base import Base

DOCS = Path(__file__).resolve().parents[2] / "docs"


def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def verbs(group: click.Group, path: str = "learncity") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{path} {name} is announced but cannot be loaded"
        if isinstance(command, click.Group):
            yield from verbs(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def test_the_table_of_settings_names_exactly_the_settings_there_are() -> None:
    told = set(re.findall(rf"^\| `({PREFIX}[A-Z_]+)`", text_of("operations.md"), re.MULTILINE))
    assert told == {PREFIX + name.upper() for name in Settings.model_fields}


def test_the_table_of_limits_names_every_limit_with_its_default() -> None:
    for name, limit in DEFAULT_LIMITS.items():
        assert f"| `{name}` | {limit} |" in text_of("operations.md")


@pytest.mark.parametrize(("path", "command"), list(verbs(learncity)), ids=lambda each: str(each))
def test_every_verb_is_documented_and_helps_itself_with_an_example(path: str, command: click.Command) -> None:
    assert f"`{path}" in text_of("operations.md")
    help_text = command.help or ""
    assert re.search(rf"Examples?:\s+{path}\b", help_text.replace("\b", "")), f"{path} --help shows no example"


def test_the_glossary_names_every_class_of_the_model() -> None:
    told = set(re.findall(r"\*\*([A-Z]\w+)\*\*", text_of("glossary.md")))
    mapped = {mapper.class_.__name__ for mapper in Base.registry.mappers}
    assert mapped <= told
    known = mapped | {LocalisedText.__name__, city.model.Price.__name__}
    assert told <= known


def test_decisions_are_numbered_without_a_gap_and_dated() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert re.search(r"^\d{4}-\d{2}-\d{2}$", page.read_text("utf-8"), re.MULTILINE), page.name
