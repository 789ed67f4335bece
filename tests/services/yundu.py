"""The sample city made whole for a test run, by the same verbs that `make run` types: laid, learned, indexed."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from city.cli import learncity
from city.config import PREFIX
from fixtures.factories import NOW


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The settings of a city in `folder` whose clock stands at the factories' NOW."""
    return {PREFIX + "DATA_DIR": str(folder), PREFIX + "NOW": NOW.isoformat(), **more}


def typed(folder: Path, *words: str, **more: str) -> str:
    """Type a verb of `learncity` for the city in `folder`; return its stdout. It must end with exit code 0."""
    result = CliRunner().invoke(learncity, list(words), env=environment(folder, **more), catch_exceptions=False)
    assert result.exit_code == 0, f"learncity {' '.join(words)} ended with {result.exit_code}:\n{result.output}"
    return result.stdout


def lay(folder: Path) -> Path:
    """Lay the sample city; return its SQLite file."""
    typed(folder, "init")
    typed(folder, "sample")
    return folder / "learncity.db"


def finish(folder: Path) -> None:
    """Learn and index, as the last steps of `make run` do."""
    typed(folder, "train")
    typed(folder, "index", "rebuild")
