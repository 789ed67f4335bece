"""The audit log on both databases: nothing in it is changed or erased, and whoever does so past the guards is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from city.audit_commands import audit as audit_verb
from city.errors import NotAllowed
from city.services.auditing import audit
from city.services.permissions import Actor, Operation
from city.services.verifying import verify_log
from city.store.database import Database
from fixtures.factories import NOW

TRIGGERS = {
    True: ("DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete"),
    False: ("ALTER TABLE audit_entry DISABLE TRIGGER USER",),
}


def write(database: Database, n: int) -> None:
    """Write entries, with values of every kind that JSON knows."""
    for number in range(n):
        with database.writing() as work:
            after = {
                "seats": number,
                "name": "书法 ‘一’",
                "rate": 0.5,
                "list": [1, None, True],
                "map": {"b": 1, "a": "é"},
            }
            audit(work, Actor.publisher(1, 7), Operation.EDIT_VENUE, ("venue", number), NOW, after=after)
            work.commit()


def change(database: Database, *statements: str, guarded: bool = False) -> None:
    """Run SQL as whoever owns the database; without the guards unless they are wanted."""
    before = () if guarded else TRIGGERS[database.is_sqlite]
    with database.engine.begin() as connection:
        for statement in (*before, *statements):
            connection.execute(text(statement))


def test_an_untouched_log_is_whole_and_so_is_an_empty_one(database: Database) -> None:
    assert verify_log(database, Actor.system()).whole
    write(database, 5)
    found = verify_log(database, Actor.system())
    assert found.whole and found.entry_count == 5


@pytest.mark.parametrize(
    "deed", ["UPDATE audit_entry SET role = 'desk' WHERE id = 2", "DELETE FROM audit_entry WHERE id = 2"]
)
def test_the_database_refuses_to_change_or_erase_an_entry(database: Database, deed: str) -> None:
    write(database, 3)
    with pytest.raises(SQLAlchemyError, match="append-only"):
        change(database, deed, guarded=True)
    assert verify_log(database, Actor.system()).entry_count == 3


@pytest.mark.parametrize(
    ("deed", "entry", "told"),
    [
        ("UPDATE audit_entry SET staff_id = 8 WHERE id = 3", 3, "changed"),
        ("UPDATE audit_entry SET object_id = 'x' WHERE id = 1", 1, "changed"),
        ("DELETE FROM audit_entry WHERE id = 2", 3, "missing"),
        ("DELETE FROM audit_entry WHERE id = 1", 2, "missing"),
        ("DELETE FROM audit_entry WHERE id = 5", None, "missing"),
        ("UPDATE audit_head SET sha256 = (SELECT previous_sha256 FROM audit_entry WHERE id = 5)", None, "last"),
    ],
)  # fmt: skip
def test_whoever_gets_past_the_guards_is_found_and_where(
    database: Database, deed: str, entry: int | None, told: str
) -> None:
    write(database, 5)
    change(database, deed)
    found = verify_log(database, Actor.system())
    assert not found.whole and found.broken_id == entry and told in found.broken


def test_who_may_not_read_the_log_may_not_verify_it(sqlite_database: Database) -> None:
    with pytest.raises(NotAllowed):
        verify_log(sqlite_database, Actor.publisher(1, 7))


def test_the_verb_says_whole_or_where_it_breaks_and_exits_accordingly(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARNCITY_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path))
    write(sqlite_database, 3)
    whole = CliRunner().invoke(audit_verb, ["verify", "--json"])
    told = json.loads(whole.output)
    assert whole.exit_code == 0 and told["whole"] and told["entries"] == 3
    assert CliRunner().invoke(audit_verb, ["verify", "--head", told["head"]]).exit_code == 0
    assert CliRunner().invoke(audit_verb, ["verify", "--head", "0" * 63 + "1"]).exit_code == 1
    change(sqlite_database, "UPDATE audit_entry SET role = 'desk' WHERE id = 2")
    broken = CliRunner().invoke(audit_verb, ["verify"])
    assert broken.exit_code == 1 and "Entry 2 was changed" in broken.output
