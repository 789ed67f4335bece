"""`learncity index rebuild|sync|check` and what the doctor says: sentences, figures, exit codes."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from city.cli import learncity
from city.config import load_settings
from city.model import Consumer
from city.ports import SearchRequest
from city.store.database import Database
from indexer import checks, jobs
from indexer.engines.choosing import engine_for
from indexer.engines.tantivy_folder import IndexFolder
from indexer.wiring import build_search
from tests.integration.indexer.conftest import Catalogue


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2026-11-24T12:00:00+08:00")
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    return runner


@pytest.fixture
def catalogue(city: CliRunner) -> Catalogue:
    found = Catalogue(Database(load_settings().effective_database_url))
    found.add("Ink", "Tea")
    return found


def index(city: CliRunner, *words: str) -> Result:
    return city.invoke(learncity, ["index", *words])


def doctor() -> dict[str, tuple[bool, str]]:
    return {each.name: (each.ok, each.remedy) for each in checks.check(load_settings())}


def test_a_rebuild_says_how_many_offerings_it_holds(city: CliRunner, catalogue: Catalogue) -> None:
    result = index(city, "rebuild")
    assert (result.exit_code, result.stdout) == (0, "The index was rebuilt: 2 offerings.\n")
    assert json.loads(index(city, "rebuild", "--json").stdout) == {
        "documents": 2,
        "replayed": 0,
        "left_to_sync": 0,
        "failed": {},
    }


def test_a_sync_makes_a_missing_index_and_settles_what_waits(city: CliRunner, catalogue: Catalogue) -> None:
    result = index(city, "sync")
    assert result.exit_code == 0
    assert "There is no search index" in result.stdout
    assert "rebuilt: 2 offerings" in result.stdout
    catalogue.add("Late")
    assert index(city, "sync").stdout == "1 offerings indexed, 0 taken out\n"
    assert index(city, "sync").stdout == "Nothing waits.\n"
    figures = json.loads(index(city, "sync", "--json").stdout)
    assert figures == {"messages": 0, "indexed": 0, "taken_out": 0, "rebuilt": False, "failed": {}}


def test_a_check_tells_drift_by_exit_code_and_a_repair_heals_it(
    city: CliRunner, catalogue: Catalogue, tmp_path: Path
) -> None:
    index(city, "sync")
    equal = index(city, "check", "--json")
    assert (equal.exit_code, json.loads(equal.stdout)["compared"]) == (0, 2)
    shutil.copytree(tmp_path / "var" / "index", tmp_path / "kept")
    (chess,) = catalogue.add("Chess")
    catalogue.hide(1)
    index(city, "sync")
    shutil.rmtree(tmp_path / "var" / "index")
    shutil.move(tmp_path / "kept", tmp_path / "var" / "index")
    found = index(city, "check", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout) == {"compared": 3, "missing": 1, "extra": 1, "stale": 0, "double": 0, "left": 2}
    repaired = index(city, "check", "--repair")
    assert repaired.exit_code == 0
    assert "1 missing, 1 extra" in repaired.stdout
    assert "Repaired: The index equals the catalogue" in repaired.stdout
    with catalogue.database.reading() as work:
        assert chess in work.offerings.listable_versions(catalogue.clock.now())


def test_without_an_index_a_check_names_the_verb_and_a_repair_makes_one(city: CliRunner, catalogue: Catalogue) -> None:
    assert "type: learncity index rebuild" in str(index(city, "check").exception)
    assert index(city, "check", "--repair").exit_code == 0


def test_without_a_catalogue_every_verb_names_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "new"))
    for verb in ("rebuild", "sync", "check"):
        assert "learncity init" in str(index(CliRunner(), verb).exception)


def test_the_doctor_names_the_verb_for_each_fault(city: CliRunner, catalogue: Catalogue, tmp_path: Path) -> None:
    assert doctor()["index"] == (False, "learncity index rebuild")
    index(city, "sync")
    assert doctor() == {"engine": (True, ""), "index": (True, ""), "outbox": (True, "")}
    with catalogue.database.writing() as work:
        for message in work.outbox.claim(Consumer.INDEX, catalogue.clock.now()):
            work.outbox.done([message.id], catalogue.clock.now())
        offering = work.offerings.get(1)
        offering.version += 1
        work.commit()
    assert doctor()["index"] == (False, "learncity index check --repair")


def test_the_doctor_tells_a_silent_engine_from_an_index_at_fault(
    city: CliRunner, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARNCITY_SEARCH_URL", "http://127.0.0.1:1")
    found = doctor()
    assert found["engine"] == (False, "check LEARNCITY_SEARCH_URL and that the server runs")
    assert found["index"][0] is False


def test_the_doctor_counts_changes_that_wait_too_long_or_were_given_up(
    city: CliRunner, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor()["outbox"] == (True, "")
    monkeypatch.delenv("LEARNCITY_NOW")
    with catalogue.database.writing() as work:
        for message in work.outbox.claim(Consumer.INDEX, catalogue.clock.now()):
            message.created_at, message.claimed_at = load_settings().system_clock.now().replace(year=2024), None
        work.commit()
    assert doctor()["outbox"] == (False, "learncity worker")
    with catalogue.database.writing() as work:
        for message in work.outbox.claim(Consumer.INDEX, catalogue.clock.now()):
            message.tries = 10
        work.commit()
    assert doctor()["outbox"] == (False, "learncity index check --repair")


def test_the_worker_finds_the_jobs_and_the_web_its_search(city: CliRunner, catalogue: Catalogue) -> None:
    settings = load_settings()
    names = [job.name for job in jobs.jobs(settings)]
    assert names[:3] == ["index sync", "index check", "index tidying"]
    search = build_search(settings, catalogue.database)
    assert search.search(SearchRequest()).degraded
    said = jobs.jobs(settings)[0].run()
    assert "rebuilt: 2 offerings" in said
    assert search.search(SearchRequest(text="ink")).total == 1


def test_a_verb_waits_for_the_workers_batch_and_not_for_ever(
    city: CliRunner, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index(city, "sync")
    catalogue.add("Late")
    batch = ExitStack()
    batch.enter_context(IndexFolder(tmp_path / "var" / "index").writing())
    monkeypatch.setattr("indexer.commands.PATIENCE", timedelta(0))
    assert "Another process" in str(index(city, "sync").exception)
    monkeypatch.setattr("indexer.commands.PATIENCE", timedelta(hours=1))
    monkeypatch.setattr("indexer.commands.time.sleep", lambda _: batch.close())
    assert index(city, "sync").stdout == "1 offerings indexed, 0 taken out\n"


def test_a_verb_goes_on_while_another_process_rebuilds_and_no_second_rebuild_begins(
    city: CliRunner, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(city, "sync")
    catalogue.add("Late")
    building = engine_for(load_settings()).begin_rebuild()
    monkeypatch.setattr("indexer.commands.PATIENCE", timedelta(0))
    assert index(city, "sync").stdout == "1 offerings indexed, 0 taken out\n"
    assert "rebuilds the search index" in str(index(city, "rebuild").exception)
    building.abandon()
    assert index(city, "rebuild").exit_code == 0
