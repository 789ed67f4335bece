"""Is the process alive, is it ready: each part that fails is named; a dead database gets no process killed."""

from __future__ import annotations

import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest

from city.model import Consumer
from tests.integration.web.conftest import Site


def test_a_whole_site_is_ready_and_names_its_model(site: Site) -> None:
    answer = site.app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "ready": True,
        "parts": {"database": True, "schema": True, "outbox": True, "disk": True},
        "model": "test",
    }


def test_a_change_that_waits_over_a_minute_for_the_index_is_told(site: Site) -> None:
    long_ago = site.parts.clock.now() - timedelta(minutes=2)
    with site.database.writing() as work:
        work.outbox.announce(site.city.offerings["brush"], 2, long_ago, [Consumer.INDEX])
        work.commit()
    answer = site.app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.get_json()["parts"] == {"database": True, "schema": True, "outbox": False, "disk": True}


def test_a_full_disk_is_told(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=5, total=100))
    assert small_site.app.test_client().get("/readyz").get_json()["parts"]["disk"] is False


def test_a_schema_the_code_was_not_written_for_is_told(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("city.store.schema.needed_revision", lambda: "9999")
    answer = small_site.app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["parts"]["schema"] is False


def test_being_alive_asks_nothing_of_the_database(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_site.database, "reading", lambda: pytest.fail("asked"))
    assert small_site.app.test_client().get("/livez").get_json() == {"alive": True}
