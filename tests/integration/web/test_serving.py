"""The command that serves: what is told when it cannot, and an orderly end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from city.errors import ConfigurationError
from city.store import schema
from city.store.database import Database
from web.commands import listen

PATIENCE_SECONDS = 60
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def test_a_port_in_use_is_told_in_one_sentence_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError) as refusal:
            listen("127.0.0.1", port)
    assert str(refusal.value).startswith(f"Port {port} is in use")
    assert "--port" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_address_that_is_not_this_machine_s_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1.*choose another"):
        listen("192.0.2.1", 8000)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a demo site over an empty, migrated database."""
    database = Database(f"sqlite:///{tmp_path / 'learncity.db'}")
    schema.upgrade(database)
    database.dispose()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEARNCITY_")}
    return clean | {"LEARNCITY_DATA_DIR": str(tmp_path)}


def _serve(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    code = "from city.cli import main; import sys; sys.argv[0] = 'learncity'; main()"
    command = [sys.executable, "-c", code, "serve", *arguments]
    return subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_site_answers_until_it_is_told_to_end(environment: dict[str, str], number: signal.Signals) -> None:
    port = _free_port()
    serving = _serve(environment, "--port", str(port))
    try:
        assert _answers(f"http://127.0.0.1:{port}/livez", serving) == {"alive": True}
        serving.send_signal(number)
        said = serving.communicate(timeout=PATIENCE_SECONDS)[1]
    finally:
        serving.kill()
    assert serving.returncode == 0
    assert f"http://127.0.0.1:{port}/" in said
    assert "Traceback" not in said


def test_demo_mode_on_an_open_address_ends_with_a_sentence(environment: dict[str, str]) -> None:
    serving = _serve(environment, "--host", "0.0.0.0")
    said = serving.communicate(timeout=PATIENCE_SECONDS)[1]
    assert serving.returncode == 2
    assert said.startswith("Error: In demo mode")
    assert "LEARNCITY_SECRET" in said


def _answers(address: str, serving: subprocess.Popen[str]) -> object:
    """Ask until the site answers; fail when it ended instead."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        assert serving.poll() is None, serving.communicate()[1]
        try:
            with DIRECT.open(address, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"{address} did not answer")
