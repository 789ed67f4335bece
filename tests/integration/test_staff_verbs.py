"""`learncity staff`: the first administrator comes in this way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from city.cli import learncity
from city.errors import InvalidInput, NotFound
from city.model import Operator
from city.staff_commands import staff
from city.store.database import Database
from fixtures.factories import words


@pytest.fixture
def run(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("LEARNCITY_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "data"))
    with sqlite_database.writing() as work:
        work.operators.add(Operator(slug="library", name=words("图书馆")))
        work.commit()

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(staff, list(arguments))

    return invoke


def test_an_invitation_is_printed_and_mailed(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    made = run("invite", "chief@city.example", "--role", "administrator")
    assert made.exit_code == 0 and "/zh/o/invitation/" in made.stdout
    (mail,) = (tmp_path / "data" / "mail").glob("*.eml")
    assert b"chief@city.example" in mail.read_bytes()


def test_a_wrong_operator_and_a_wrong_role_are_refused_in_words(run) -> None:  # type: ignore[no-untyped-def]
    unknown = run("invite", "a@b.example", "--role", "editor", "--operator", "nowhere")
    assert isinstance(unknown.exception, InvalidInput) and "learncity operator list" in str(unknown.exception)
    assert isinstance(run("invite", "a@b.example", "--role", "editor").exception, InvalidInput)
    assert isinstance(run("disable", "nobody@b.example").exception, NotFound)


def test_staff_are_listed_with_what_they_may(run, sqlite_database: Database) -> None:  # type: ignore[no-untyped-def]
    from city.model import Staff
    from fixtures.factories import NOW

    with sqlite_database.writing() as work:
        work.staff.add(Staff(email="mei@library.example", role="desk", operator_id=1, created_at=NOW))
        work.commit()
    assert run("disable", "Mei@library.example").exit_code == 0
    (row,) = json.loads(run("list", "--json").stdout)
    assert row == {"email": "mei@library.example", "name": "", "role": "desk", "for": "library", "state": "shut out"}
    assert "shut out" in run("list").stdout


def test_the_verbs_stand_in_the_command() -> None:
    told = CliRunner().invoke(learncity, ["--help"]).output
    assert "staff" in told and "audit" in told
